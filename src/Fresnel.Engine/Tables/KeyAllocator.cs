namespace Fresnel.Engine.Tables;

/// <summary>Hands out identities of tables and indexes. One that was handed out is not used again, whether or not its transaction commits.</summary>
internal sealed class KeyAllocator
{
    private int _last = CatalogTables.FirstFreeKey - 1;

    /// <summary>The greatest identity handed out or seen.</summary>
    public int Last => Volatile.Read(ref _last);

    public int Next() => Interlocked.Increment(ref _last);

    /// <summary>Start-up tells of an identity that is in use.</summary>
    public void Saw(int key) => _last = Math.Max(_last, key);
}
