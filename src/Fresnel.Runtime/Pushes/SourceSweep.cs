using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Deletes texts of modules that nothing refers to: those of earlier pushes, and of pushes that were never finished.</summary>
/// <remarks>A text is left alone for an hour, so that a push that is under way finds what it stored; one that takes longer is told that it raced.</remarks>
internal static class SourceSweep
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    public static Task RunAsync(Database database, TimeProvider time, CancellationToken cancellationToken) => database.CommitAsync(
        async (transaction, token) =>
        {
            var before = (time.GetUtcNow() - Grace - DateTimeOffset.UnixEpoch).TotalMilliseconds;
            var used = await ListUsedAsync(transaction, token);
            var unused = new List<DocumentId>();
            var sources = transaction.Find(SystemTables.Sources);
            var stream = transaction.ReadIndex(sources, "by_sha256", KeyInterval.All);
            while (await stream.NextAsync(token) is { } source)
            {
                // The key tells the hash; the text itself is not parsed unless it goes.
                var sha256 = IndexKey.Decode(stream.LastKey.Span)[0].AsString();
                if (!used.Contains(sha256) && source.Fields["_creationTime"].AsFloat64() < before) unused.Add(source.Id);
            }

            foreach (var id in unused) await transaction.DeleteAsync(sources, id, token);
            return unused.Count;
        },
        cancellationToken);

    private static async ValueTask<HashSet<string>> ListUsedAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var modules = await transaction.ListAsync(SystemTables.Modules, "by_component_path", [], cancellationToken);
        return [.. modules.Select(module => module.Fields["sha256"].AsString())];
    }
}
