using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Deletes what pushes leave behind: texts of modules that nothing refers to, and schemas that others have replaced.</summary>
/// <remarks>Both are left alone for an hour, so that a push that is under way finds what it stored; one that takes longer is told that it raced.</remarks>
internal static class PushSweep
{
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    public static Task RunAsync(Database database, TimeProvider time, CancellationToken cancellationToken) => database.CommitAsync(
        async (transaction, token) =>
        {
            var before = Timestamp.FromClock(time.GetUtcNow() - Grace);
            var used = await ListUsedAsync(transaction, token);
            var unused = new List<DocumentId>();
            var sources = transaction.Find(SystemTables.Sources);
            var stream = transaction.ReadIndex(sources, "by_sha256", KeyInterval.All);
            while (await stream.NextAsync(token) is { } source)
            {
                // The key tells the hash, and the version when it was written, for there is only one: the text itself is never parsed.
                var sha256 = IndexKey.Decode(stream.LastKey.Span)[0].AsString();
                if (!used.Contains(sha256) && source.Timestamp < before) unused.Add(source.Id);
            }

            foreach (var id in unused) await transaction.DeleteAsync(sources, id, token);
            await DeleteOverwrittenAsync(transaction, before.ToMilliseconds(), token);
            return unused.Count;
        },
        cancellationToken);

    private static async ValueTask DeleteOverwrittenAsync(Transaction transaction, double before, CancellationToken cancellationToken)
    {
        var schemas = transaction.FindTable("", "_schemas")!;
        var overwritten = new List<DocumentId>();
        var stream = transaction.ReadIndex(schemas, "by_component_state", KeyInterval.Prefix(IndexKey.Encode("", "overwritten")));
        while (await stream.NextAsync(cancellationToken) is { } schema)
        {
            if (schema.Fields["_creationTime"].AsFloat64() < before) overwritten.Add(schema.Id);
        }

        foreach (var id in overwritten) await transaction.DeleteAsync(schemas, id, cancellationToken);
    }

    private static async ValueTask<HashSet<string>> ListUsedAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var modules = await transaction.ListAsync(SystemTables.Modules, "by_component_path", [], cancellationToken);
        return [.. modules.Select(module => module.Fields["sha256"].AsString())];
    }
}
