using Fresnel.Values;

namespace Fresnel.Engine;

/// <summary>One version of a document: immutable canonical JSON with its system fields. Parsed only where somebody must look inside.</summary>
public sealed class Document
{
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

    /// <summary>The fields; parsed at the first look and kept.</summary>
    public ValueObject Fields => _fields ??= ValueJson.Parse(Json.Span, ValueJsonOptions.AllowCommitTimestamp).AsObject();
}
