using Fresnel.Engine.Stores;
using Fresnel.Testing;

namespace Fresnel.Engine.Tests;

/// <summary>A store that fails where it is told to is else a store like any other.</summary>
public sealed class FaultyCommitStoreTests : CommitStoreSpecification
{
    private readonly Dictionary<ICommitStore, MemoryCommitStore> _inner = [];

    private static CancellationToken Token => TestDatabase.Token;

    protected override ICommitStore CreateEmpty() => Around(new());

    protected override ICommitStore Reopen(ICommitStore closed) => Around(_inner[closed].Reopen());

    [Fact]
    public async Task The_call_that_a_test_names_fails_before_or_after_it_is_done()
    {
        foreach (var isDone in (bool[])[false, true])
        {
            await using var store = Around(new());
            await store.OpenAsync(Token);
            store.Fault = FaultyCommitStore.At(1, new(StoreFailure.Unknown, IsDone: isDone));
            var failed = await Assert.ThrowsAsync<StoreException>(async () => await store.AppendAsync(0, new byte[1], Token));
            Assert.Equal(StoreFailure.Unknown, failed.Failure);
            Assert.Equal(isDone ? 1 : 0, (await store.OpenAsync(Token)).LogEnd);
        }
    }

    [Fact]
    public async Task After_a_crash_nothing_is_taken_and_what_was_done_is_there_for_the_next_process()
    {
        var store = Around(new());
        await store.OpenAsync(Token);
        store.Fault = (_, call) => call == StoreCall.Flip ? new(StoreFailure.SyncFailed, IsDone: true, Crashes: true) : null;
        await store.AppendAsync(0, new byte[1], Token);
        await Assert.ThrowsAsync<StoreException>(async () => await store.FlipAsync(new byte[2], 1, Token));
        await Assert.ThrowsAsync<StoreException>(async () => await store.AppendAsync(1, new byte[1], Token));
        var head = await Reopen(store).OpenAsync(Token);
        Assert.Equal((2, 1), (head.Checkpoint.Length, head.LogEnd));
    }

    private FaultyCommitStore Around(MemoryCommitStore inner)
    {
        var store = new FaultyCommitStore(inner);
        _inner.Add(store, inner);
        return store;
    }
}
