using Fresnel.Engine.Schema;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine;

/// <summary>The limits of data that a deployment chooses: each has its unit, its default and its error beside it.</summary>
public sealed record DataLimits
{
    /// <summary>How large a document may be.</summary>
    public DocumentLimits Documents { get; init; } = new();

    /// <summary>How much a schema may declare.</summary>
    public SchemaLimits Schema { get; init; } = new();

    /// <summary>How much one transaction may read and write, when whoever begins it says nothing else.</summary>
    public TransactionLimits Transactions { get; init; } = new();
}
