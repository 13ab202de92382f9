using System.Runtime.CompilerServices;
using Fresnel.Engine.Stores;

namespace Fresnel.Testing;

/// <summary>What a <see cref="FaultyCommitStore"/> is asked for.</summary>
public enum StoreCall
{
    /// <summary><see cref="ICommitStore.OpenAsync"/>.</summary>
    Open,

    /// <summary><see cref="ICommitStore.AppendAsync"/>.</summary>
    Append,

    /// <summary><see cref="ICommitStore.ReadLogAsync"/>.</summary>
    ReadLog,

    /// <summary><see cref="ICommitStore.ReadPagesAsync"/>.</summary>
    ReadPages,

    /// <summary><see cref="ICommitStore.WritePagesAsync"/>.</summary>
    WritePages,

    /// <summary><see cref="ICommitStore.FlipAsync"/>.</summary>
    Flip,

    /// <summary><see cref="ICommitStore.DeletePagesAsync"/>.</summary>
    DeletePages,

    /// <summary><see cref="ICommitStore.SweepPagesAsync"/>.</summary>
    SweepPages,
}

/// <summary>How a call fails.</summary>
/// <param name="Failure">What the store says became of the bytes.</param>
/// <param name="IsDone">Whether the call was done all the same: the answer was lost, not the work.</param>
/// <param name="Crashes">Whether the process dies with it: every later call fails, and only a store that is opened anew over the same bytes goes on.</param>
public sealed record StoreFault(StoreFailure Failure, bool IsDone = false, bool Crashes = false);

/// <summary>A store around another one that fails, crashes or waits where a test says; everything else passes through.</summary>
/// <remarks>Calls are counted from 0 in the order in which they come, so that a test can let the first fail, then the second, and so on.</remarks>
public sealed class FaultyCommitStore(ICommitStore inner) : ICommitStore
{
    private readonly Lock _gate = new();
    private bool _hasCrashed;

    /// <summary>Asked before each call with its number; what it returns is how the call fails, null lets it be.</summary>
    public Func<int, StoreCall, StoreFault?>? Fault { get; set; }

    /// <summary>Awaited before each call: a slow store, or one that waits for the test.</summary>
    public Func<int, StoreCall, CancellationToken, Task>? Delay { get; set; }

    /// <summary>How many calls came.</summary>
    public int Calls { get; private set; }

    /// <summary>Fails one call, whichever it is.</summary>
    public static Func<int, StoreCall, StoreFault?> At(int number, StoreFault fault) => (call, _) => call == number ? fault : null;

    /// <inheritdoc/>
    public ValueTask<StoreHead> OpenAsync(CancellationToken cancellationToken) => DoAsync(StoreCall.Open, () => inner.OpenAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> group, CancellationToken cancellationToken) =>
        await DoAsync(StoreCall.Append, () => inner.AppendAsync(position, group, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogRow> ReadLogAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await DoAsync(StoreCall.ReadLog, () => default, cancellationToken);
        await foreach (var row in inner.ReadLogAsync(from, cancellationToken)) yield return row;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadPagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        DoAsync(StoreCall.ReadPages, () => inner.ReadPagesAsync(numbers, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask WritePagesAsync(IReadOnlyList<Page> slice, CancellationToken cancellationToken) =>
        await DoAsync(StoreCall.WritePages, () => inner.WritePagesAsync(slice, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask FlipAsync(ReadOnlyMemory<byte> checkpoint, long logFrom, CancellationToken cancellationToken) =>
        await DoAsync(StoreCall.Flip, () => inner.FlipAsync(checkpoint, logFrom, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DeletePagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        await DoAsync(StoreCall.DeletePages, () => inner.DeletePagesAsync(numbers, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SweepPagesAsync(long from, CancellationToken cancellationToken) =>
        await DoAsync(StoreCall.SweepPages, () => inner.SweepPagesAsync(from, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask DoAsync(StoreCall call, Func<ValueTask> work, CancellationToken cancellationToken) => await DoAsync(
        call,
        async () =>
        {
            await work();
            return true;
        },
        cancellationToken);

    private async ValueTask<T> DoAsync<T>(StoreCall call, Func<ValueTask<T>> work, CancellationToken cancellationToken)
    {
        int number;
        lock (_gate)
        {
            RequireAlive();
            number = Calls++;
        }

        if (Delay is { } delay) await delay(number, call, cancellationToken);
        var fault = Fault?.Invoke(number, call);
        // While it waited, another call may have ended the process.
        lock (_gate)
        {
            RequireAlive();
            if (fault is { Crashes: true }) _hasCrashed = true;
        }

        if (fault is null) return await work();
        if (fault.IsDone) await work();
        throw new StoreException(fault.Failure, $"The test wants call {number}, {call}, to fail: {fault.Failure}.");
    }

    private void RequireAlive()
    {
        if (_hasCrashed) throw new StoreException(StoreFailure.SyncFailed, "The process has crashed.");
    }
}
