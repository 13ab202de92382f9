using Fresnel.Values;

namespace Fresnel.Engine;

/// <summary>One version of a document: immutable canonical JSON with its system fields. Parsed only where somebody must look inside.</summary>
public sealed class Document
{
    /// <summary>This object, and the head of the array of its JSON.</summary>
    private const int OwnBytes = 120;

    private ValueObject? _fields;

    /// <summary>Makes a version.</summary>
    public Document(DocumentId id, Timestamp timestamp, ReadOnlyMemory<byte> json)
    {
        Id = id;
        Timestamp = timestamp;
        Json = json;
    }

    /// <summary>Makes a version whose fields are at hand already.</summary>
    public Document(DocumentId id, Timestamp timestamp, ReadOnlyMemory<byte> json, ValueObject fields) : this(id, timestamp, json) => _fields = fields;

    /// <summary>Its id.</summary>
    public DocumentId Id { get; }

    /// <summary>The commit that wrote this version; <see cref="Timestamp.Zero"/> while it is in a write set.</summary>
    public Timestamp Timestamp { get; }

    /// <summary>Canonical JSON, <c>_id</c> and <c>_creationTime</c> included.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The page of its own that holds it; zero while no checkpoint wrote one. Set by the checkpoint only.</summary>
    internal long Page { get; set; }

    /// <summary>Whether its JSON is on its page only. Such a document is never handed out.</summary>
    internal bool IsCold => Json.IsEmpty;

    /// <summary>The memory that it takes. Bytes, nearly.</summary>
    internal int Bytes => OwnBytes + Json.Length;

    /// <summary>The fields. A stored version is shared and lives long, so what is parsed of it is not kept for long: look once, or take <see cref="WithFields"/>.</summary>
    public ValueObject Fields => _fields ?? Parse();

    /// <summary>The same version with its fields at hand.</summary>
    internal Document WithFields() => _fields is not null ? this : new(Id, Timestamp, Json, Parse()) { Page = Page };

    private ValueObject Parse()
    {
        if (Timestamp != Timestamp.Zero) return ParsedLately.FieldsOf(this);
        return _fields = Parse(Json);
    }

    private static ValueObject Parse(ReadOnlyMemory<byte> json) => ValueJson.Parse(json.Span, ValueJsonOptions.AllowCommitTimestamp).AsObject();

    /// <summary>The last few small versions that a thread looked into: whoever reads a document and then patches it parses it once.</summary>
    private static class ParsedLately
    {
        /// <summary>A longer document is not kept. Bytes.</summary>
        private const int MostBytes = 4 << 10;

        [ThreadStatic]
        private static (Document Document, ValueObject Fields)[]? _kept;

        [ThreadStatic]
        private static int _next;

        public static ValueObject FieldsOf(Document document)
        {
            var kept = _kept ??= new (Document, ValueObject)[4];
            foreach (var (known, parsed) in kept)
            {
                if (ReferenceEquals(known, document)) return parsed;
            }

            var fields = Parse(document.Json);
            if (document.Json.Length <= MostBytes) kept[_next++ & 3] = (document, fields);
            return fields;
        }
    }
}
