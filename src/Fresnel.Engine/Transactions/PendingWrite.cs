using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What a transaction will do to one document: its version in the snapshot, and the one that is to be.</summary>
/// <param name="Table">The table.</param>
/// <param name="Id">The document.</param>
/// <param name="Before">The version in the snapshot; null when it was not there.</param>
/// <param name="After">The version to be; null when it is to go.</param>
/// <param name="IdKey">The key of <c>by_id</c>.</param>
internal sealed record PendingWrite(TableKey Table, InternalId Id, Document? Before, Document? After, byte[] IdKey)
{
    /// <summary>Whether the document comes and goes within the transaction.</summary>
    public bool IsNothing => Before is null && After is null;
}
