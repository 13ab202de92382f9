using System.Runtime.CompilerServices;
using Fresnel.Engine.Stores;

namespace Fresnel.Simulation.Worlds;

/// <summary>The store of one life: passes calls on to the disk, slowly, and lets some fail. Between any two of its steps the process may crash.</summary>
internal sealed class DiskStore(Disk disk, Course course, TimeProvider time, Random random, WorldCounts counts) : ICommitStore
{
    private bool _isBroken; // Starts false; true once a sync failed: then nothing is taken any more.
    private int _appends;

    /// <summary>What it does to its process.</summary>
    public Troubles Troubles { get; set; } = Troubles.None;

    public ValueTask<StoreHead> OpenAsync(CancellationToken cancellationToken) => DoAsync(slow: 1, 0, () => disk.Head);

    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> group, CancellationToken cancellationToken)
    {
        if (++_appends == Troubles.SyncFailsAt)
        {
            await FailAsync(StoreFailure.SyncFailed, () => Append(position, group));
        }
        else if (Chance(Troubles.RefusedIn))
        {
            counts.Refused++;
            await PauseAsync(Troubles.Slow);
            throw new StoreException(StoreFailure.Refused, "The disk is full.");
        }
        else if (Chance(Troubles.UnknownIn))
        {
            counts.Unknown++;
            await FailAsync(StoreFailure.Unknown, () => Append(position, group));
        }
        else await DoAsync(Troubles.Slow, 0, () => Append(position, group));
    }

    public async IAsyncEnumerable<LogRow> ReadLogAsync(long from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var row in await DoAsync(slow: 1, 0, () => disk.ReadLog(from).ToArray())) yield return row;
    }

    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> ReadPagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) =>
        DoAsync<IReadOnlyList<ReadOnlyMemory<byte>>>(slow: 2, Troubles.PageFailsIn * 8, () => [.. numbers.Select(disk.Read)]);

    public async ValueTask WritePagesAsync(IReadOnlyList<Page> slice, CancellationToken cancellationToken)
    {
        for (var at = 0; at < slice.Count;)
        {
            var end = Math.Min(slice.Count, at + random.Next(1, 16));
            await DoAsync(slow: 1, Troubles.PageFailsIn, () =>
            {
                for (; at < end; at++) disk.Write(slice[at]);
                return true;
            });
        }
    }

    public async ValueTask FlipAsync(ReadOnlyMemory<byte> checkpoint, long logFrom, CancellationToken cancellationToken) => await DoAsync(
        Troubles.Slow,
        Troubles.PageFailsIn,
        () =>
        {
            counts.Checkpoints++;
            disk.Flip(checkpoint, logFrom);
            return true;
        });

    public async ValueTask DeletePagesAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken) => await DoAsync(
        slow: 1,
        Troubles.PageFailsIn,
        () =>
        {
            foreach (var number in numbers) disk.Delete(number);
            return true;
        });

    public async ValueTask SweepPagesAsync(long from, CancellationToken cancellationToken) => await DoAsync(
        slow: 1,
        Troubles.PageFailsIn,
        () =>
        {
            disk.Sweep(from);
            return true;
        });

    public ValueTask DisposeAsync() => default;

    private bool Append(long position, ReadOnlyMemory<byte> group)
    {
        if (position != disk.Log.Count) throw new StoreException(StoreFailure.Refused, $"The log ends at {disk.Log.Count}, not at {position}.");
        course.Note(group.Span[^Math.Min(4, group.Length)..]); // Its checksum.
        disk.Append(group);
        return true;
    }

    /// <summary>A call that takes a while before it is done, and a while until that is known.</summary>
    /// <param name="slow">The most milliseconds of each while.</param>
    /// <param name="failsIn">Of so many calls one is refused; none when zero.</param>
    /// <param name="work">Does it.</param>
    private async ValueTask<T> DoAsync<T>(int slow, int failsIn, Func<T> work)
    {
        await PauseAsync(slow);
        if (Chance(failsIn)) throw new StoreException(StoreFailure.Refused, "The disk is full.");
        // In a world one thing happens at a time; elsewhere calls come from several threads, and a disk does one thing at a time.
        T result;
        lock (disk) result = work();
        await PauseAsync(slow);
        return result;
    }

    private async ValueTask FailAsync(StoreFailure failure, Func<bool> work)
    {
        await PauseAsync(Troubles.Slow);
        if (random.Next(2) == 0) work();
        await PauseAsync(Troubles.Slow);
        _isBroken |= failure == StoreFailure.SyncFailed;
        throw new StoreException(failure, "The answer was lost.");
    }

    private async ValueTask PauseAsync(int most)
    {
        if (_isBroken) throw new StoreException(StoreFailure.SyncFailed, "A sync failed before.");
        var pause = random.Next(3 * most + 2);
        if (pause > 2 * most) return;
        if (pause <= most) await Task.Yield();
        else await Task.Delay(TimeSpan.FromMilliseconds(pause - most), time, CancellationToken.None);
    }

    private bool Chance(int oneIn) => oneIn > 0 && random.Next(oneIn) == 0;
}
