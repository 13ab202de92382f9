using Fresnel.Engine.Schema;
using Fresnel.Values;

namespace Fresnel.Engine.Tables;

/// <summary>A schema as a document of <c>_schemas</c> holds it.</summary>
/// <param name="Id">The document.</param>
/// <param name="State">How far it came.</param>
/// <param name="Definition">What it says; empty when it is not in force any more.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="TableName">The table of the document that it failed on.</param>
public sealed record DeployedSchema(DocumentId Id, SchemaState State, SchemaDefinition Definition, string? Error, string? TableName);

/// <summary>The life of a schema. Source: <c>spec/data-model.md</c> §4.3.</summary>
public enum SchemaState
{
    /// <summary>Existing data is being checked; a write that does not fit makes it fail.</summary>
    Pending,

    /// <summary>All data fits; a write that does not fit still makes it fail.</summary>
    Validated,

    /// <summary>In force: a write that does not fit is refused.</summary>
    Active,

    /// <summary>Some document does not fit.</summary>
    Failed,

    /// <summary>Another one took its place.</summary>
    Overwritten,
}

/// <summary>The schemas of one component that writes are held to.</summary>
/// <param name="Active">The one in force, or null.</param>
/// <param name="Pending">The one that is pending or validated, or null.</param>
public sealed record ComponentSchemas(DeployedSchema? Active, DeployedSchema? Pending)
{
    /// <summary>No schema.</summary>
    public static ComponentSchemas None { get; } = new(null, null);

    internal ComponentSchemas With(DeployedSchema schema) => schema.State switch
    {
        SchemaState.Active => this with { Active = schema },
        SchemaState.Pending or SchemaState.Validated => this with { Pending = schema },
        _ => this,
    };

    internal ComponentSchemas Without(DocumentId id) => new(Active?.Id == id ? null : Active, Pending?.Id == id ? null : Pending);
}
