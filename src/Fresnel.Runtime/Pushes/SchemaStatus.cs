using System.Text.Json.Serialization;

namespace Fresnel.Runtime.Pushes;

/// <summary>How far the schemas and indexes of a push are: the answer of <c>wait_for_schema</c>. Source: <c>spec/deploy-api.md</c> §4.8.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(InProgress), "inProgress")]
[JsonDerivedType(typeof(Complete), "complete")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(RaceDetected), "raceDetected")]
public abstract record SchemaStatus
{
    private SchemaStatus()
    {
    }

    /// <summary>Documents are being checked or indexes filled.</summary>
    /// <param name="Components">By component path.</param>
    public sealed record InProgress(IReadOnlyDictionary<string, ComponentSchemaStatus> Components) : SchemaStatus
    {
        /// <summary>Whether the other says nothing else.</summary>
        internal bool IsSameAs(InProgress other) =>
            Components.Count == other.Components.Count && Components.All(pair => other.Components.TryGetValue(pair.Key, out var status) && status == pair.Value);
    }

    /// <summary>The push may be finished.</summary>
    public sealed record Complete : SchemaStatus;

    /// <summary>A document does not fit.</summary>
    /// <param name="Error">What a person reads.</param>
    /// <param name="ComponentPath">Where.</param>
    /// <param name="TableName">In which table, or null when it is not about one.</param>
    public sealed record Failed(string Error, string ComponentPath, string? TableName) : SchemaStatus;

    /// <summary>Another push replaced the schema.</summary>
    public sealed record RaceDetected : SchemaStatus;
}

/// <summary>How far one component is.</summary>
/// <param name="SchemaValidationComplete">Whether all documents were checked.</param>
/// <param name="IndexesComplete">Indexes that are full.</param>
/// <param name="IndexesTotal">Indexes that must be full before the push can finish.</param>
public sealed record ComponentSchemaStatus(bool SchemaValidationComplete, int IndexesComplete, int IndexesTotal);
