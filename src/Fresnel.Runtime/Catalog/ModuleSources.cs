using System.Text;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>The text of modules in <c>_sources</c>, by content. A text that is larger than a document may be lies in several, in the order of <c>part</c>.</summary>
internal static class ModuleSources
{
    /// <summary>Characters of one part: at three bytes each, a document stays below 1 MiB.</summary>
    private const int PartLength = 256 * 1024;

    /// <summary>Writes a text unless it is there. Its parts are written in one transaction, so what is there is whole.</summary>
    public static async ValueTask WriteAsync(Transaction transaction, Module module, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.Sources);
        if (await ExistsAsync(transaction, module.Sha256, cancellationToken)) return;

        var part = 0L;
        var (source, map) = (Cut(module.Source), Cut(module.SourceMap ?? ""));
        while (part == 0 || source.More || map.More)
        {
            var fields = ValueObject.Create(
                ("sha256", module.Sha256),
                ("part", Value.Int64(part++)),
                ("source", source.Next()),
                ("sourceMap", module.SourceMap is null ? Value.Undefined : map.Next()));
            await transaction.InsertAsync(table, fields, cancellationToken);
        }
    }

    /// <summary>Whether a text is there.</summary>
    public static async ValueTask<bool> ExistsAsync(Transaction transaction, string sha256, CancellationToken cancellationToken) =>
        await transaction.FindFirstAsync(SystemTables.Sources, "by_sha256", [sha256], cancellationToken) is not null;

    /// <summary>Reads a text.</summary>
    /// <exception cref="InvalidDataException">It is not there.</exception>
    public static async ValueTask<(string Source, string? SourceMap)> ReadAsync(Transaction transaction, string sha256, CancellationToken cancellationToken)
    {
        var parts = await transaction.ListAsync(SystemTables.Sources, "by_sha256", [sha256], cancellationToken);
        if (parts.Count == 0) throw new InvalidDataException($"The source {sha256} is missing.");
        return (Join(parts, "source")!, Join(parts, "sourceMap"));
    }

    private static string? Join(List<Engine.Document> parts, string field)
    {
        if (parts[0].Fields[field].IsUndefined) return null;
        if (parts.Count == 1) return parts[0].Fields[field].AsString();
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(part.Fields[field].AsString());
        return text.ToString();
    }

    private static Pieces Cut(string text) => new(text);

    /// <summary>A text as it is cut into parts, never within a character.</summary>
    private sealed class Pieces(string text)
    {
        private int _at;

        public bool More => _at < text.Length;

        public string Next()
        {
            var length = Math.Min(PartLength, text.Length - _at);
            if (length > 0 && _at + length < text.Length && char.IsHighSurrogate(text[_at + length - 1])) length--;
            var piece = text.Substring(_at, length);
            _at += length;
            return piece;
        }
    }
}
