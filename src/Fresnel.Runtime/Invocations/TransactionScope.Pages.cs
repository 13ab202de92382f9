using System.Buffers;
using System.Text.Json;
using Fresnel.Engine.Queries;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <content>Pagination. Source: <c>spec/function-runtime.md</c> §3.4, <c>spec/data-model.md</c> §3.5 and 3.6.</content>
internal sealed partial class TransactionScope
{
    private bool _hasPaginated;

    /// <summary>Whether this function has the journal: the query that was asked for from outside, and nothing that it calls.</summary>
    private bool HasJournal => _depth == 0 && _function.Kind == FunctionKind.Query;

    private ValueTask<ReadOnlyMemory<byte>> ReadPageAsync(JsonElement given, CancellationToken cancellationToken)
    {
        if (Component.Length > 0)
        {
            throw new DeveloperException(
                "PaginationUnsupportedInComponents", "paginate() is only supported in the app. Learn more at https://docs.convex.dev/components/authoring#pagination");
        }

        var request = PageRequest.Read(given, _tree.Parts.Ceilings);
        var json = given.TryGetProperty("query", out var query) ? query : throw SyscallArguments.Invalid("query", "db.query.paginate", "Missing");
        var definition = QueryDefinition.Parse(json);
        if (_hasPaginated)
        {
            throw new DeveloperException(
                "MultiplePaginatedDatabaseQueries",
                "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.");
        }

        _hasPaginated = true;
        return InTurnAsync(
            async (transaction, token) =>
            {
                if (!IsReadable(definition.Source)) definition = definition with { Source = new FullTableScan("", false) };
                var stream = QueryStream.Open(transaction, Component, definition);
                var fingerprint = PageCursor.Fingerprint(Component, json.GetRawText(), stream);
                var cursors = _tree.Parts.Cursors;
                var fixedEnd = request.EndCursor ?? (HasJournal ? _tree.Call.Journal : null);
                PagePosition? begin = request.Cursor is { } cursor ? cursors.Read(cursor, fingerprint) : null;
                PagePosition? end = fixedEnd is null ? null : cursors.Read(fixedEnd, fingerprint);
                var page = await new PageReader(stream, request, begin, end, _tree.Parts.Ceilings).ReadAsync(token);

                // The same string again on every run, so that the next page goes on where this one ends.
                var next = fixedEnd ?? cursors.Write(page.End, fingerprint);
                if (HasJournal) _tree.Journal = next;
                return Write(page, next, page.Split is { } split ? cursors.Write(split, fingerprint) : null);
            },
            cancellationToken);
    }

    private static ReadOnlyMemory<byte> Write(Page page, string next, string? split)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("page");
            foreach (var document in page.Documents) json.WriteRawValue(document.Json.Span, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteBoolean("isDone", page.End.IsEnd);
            json.WriteString("continueCursor", next);
            json.WriteString("splitCursor", split);
            json.WriteString("pageStatus", page.Status);
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }
}
