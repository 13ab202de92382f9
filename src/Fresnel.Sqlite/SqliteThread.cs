using System.Collections.Concurrent;

namespace Fresnel.Sqlite;

/// <summary>The one thread that owns the connection. SQLite blocks; so this thread may, and no other does.</summary>
/// <remarks>Work is done in the order in which it came. The queue needs no bound of its own: the engine has one append and one call of a checkpoint under way at most, and one read for each invocation that waits for a page.</remarks>
internal sealed class SqliteThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public SqliteThread()
    {
        _thread = new(Run) { IsBackground = true, Name = "Fresnel SQLite" };
        _thread.Start();
    }

    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        });
        return done.Task;
    }

    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Finishes the work that has come and ends the thread.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable()) work();
    }
}
