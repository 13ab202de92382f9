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

    /// <summary>The fields. A stored version is shared and lives long, so what is parsed of it is not kept: look once, or take <see cref="WithFields"/>.</summary>
    public ValueObject Fields => _fields ?? Parse();

    /// <summary>The same version with its fields at hand.</summary>
    internal Document WithFields() => _fields is not null ? this : new(Id, Timestamp, Json, Parse()) { Page = Page };

    private ValueObject Parse()
    {
        var fields = ValueJson.Parse(Json.Span, ValueJsonOptions.AllowCommitTimestamp).AsObject();
        if (Timestamp == Timestamp.Zero) _fields = fields;
        return fields;
    }
}
