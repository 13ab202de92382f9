using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Transactions;

/// <summary>What was read: intervals of keys, per index. Tested against commits for conflicts, and watched for live queries.</summary>
public sealed class ReadSet
{
    /// <summary>The intervals of each index, merged where they touch.</summary>
    public IEnumerable<(IndexKeyId Index, KeyInterval Interval)> Intervals => throw new NotImplementedException();

    /// <summary>Adds an interval.</summary>
    public void Add(IndexKeyId index, KeyInterval interval) => throw new NotImplementedException();

    /// <summary>Whether a key of an index is inside.</summary>
    public bool Contains(IndexKeyId index, ReadOnlySpan<byte> key) => throw new NotImplementedException();
}
