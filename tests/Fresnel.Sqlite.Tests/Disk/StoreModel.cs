using Fresnel.Engine.Stores;

namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>What a store should hold: the log, the checkpoint and the pages, plainly. It never changes; a step makes another.</summary>
internal sealed record StoreModel(long LogStart, IReadOnlyList<byte[]> Log, byte[] Checkpoint, IReadOnlyDictionary<long, byte[]> Pages)
{
    public static StoreModel Empty { get; } = new(0, [], [], new Dictionary<long, byte[]>());

    public long LogEnd => LogStart + Log.Count;

    /// <summary>Everything in it, in a line that can be compared.</summary>
    public string Text => string.Join(' ', [
        $"log {LogStart}", .. Log.Select(Sum), $"checkpoint {Sum(Checkpoint)}", .. Pages.OrderBy(page => page.Key).Select(page => $"{page.Key}:{Sum(page.Value)}"),
    ]);

    /// <summary>Reads a store that is open.</summary>
    /// <param name="store">The store.</param>
    /// <param name="head">What it said when it was opened.</param>
    /// <param name="pages">The numbers below this one are looked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<StoreModel> ReadAsync(ICommitStore store, StoreHead head, long pages, CancellationToken cancellationToken)
    {
        var log = new List<byte[]>();
        await foreach (var row in store.ReadLogAsync(head.LogStart, cancellationToken))
        {
            Assert.Equal(head.LogStart + log.Count, row.Position);
            log.Add(row.Group.ToArray());
        }

        Assert.Equal(head.LogEnd, head.LogStart + log.Count);
        long[] numbers = [.. Enumerable.Range(0, (int)pages).Select(number => (long)number)];
        var found = await store.ReadPagesAsync(numbers, cancellationToken);
        return new(head.LogStart, log, head.Checkpoint.ToArray(), numbers.Zip(found).Where(page => !page.Second.IsEmpty).ToDictionary(page => page.First, page => page.Second.ToArray()));
    }

    private static string Sum(byte[] bytes) => $"{bytes.Length}/{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))[..12]}";
}
