using System.Text;

namespace Fresnel.Values;

/// <summary>Strings of the field names that were read lately: documents of a table share their names, so that most need no string of their own.</summary>
/// <remarks>
/// A table of fixed size without locks. Each slot holds the last name that fell into it; a name written over by another thread costs a new
/// string, nothing more, since a string is compared before it is handed out.
/// </remarks>
internal static class FieldNameCache
{
    /// <summary>A power of two. At most <see cref="LongestName"/> characters each, so 64 KiB at the worst.</summary>
    private const int Slots = 1024;

    private const int LongestName = 32;

    private static readonly string?[] Names = new string?[Slots];

    /// <summary>The string of an ASCII name.</summary>
    public static string Get(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName) return Encoding.UTF8.GetString(name);
        ref var slot = ref Names[Hash(name) & Slots - 1];
        var found = slot;
        if (found is not null && Ascii.Equals(name, found)) return found;
        return slot = Encoding.UTF8.GetString(name);
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = (uint)name.Length;
        foreach (var b in name) hash = (hash ^ b) * 16777619;
        return (int)(hash ^ hash >> 15);
    }
}
