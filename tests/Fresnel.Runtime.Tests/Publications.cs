using Fresnel.Engine;
using Fresnel.Engine.Watches;

namespace Fresnel.Runtime.Tests;

/// <summary>Waits for a condition on the data: looks again after each publication.</summary>
internal sealed class Publications : IPublicationListener
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private TaskCompletionSource _next = NewSignal();

    public static async Task UntilAsync(Database database, Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        var publications = new Publications();
        using var subscription = database.Subscribe(publications);
        while (true)
        {
            var next = Volatile.Read(ref publications._next).Task;
            if (await condition()) return;
            await next.WaitAsync(patience.Token);
        }
    }

    public void OnPublished(Publication publication) => Interlocked.Exchange(ref _next, NewSignal()).SetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
