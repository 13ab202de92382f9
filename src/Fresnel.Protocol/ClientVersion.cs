using System.Globalization;

namespace Fresnel.Protocol;

/// <summary>The version of a client library, by semantic versioning: <c>1.48.0</c>, <c>1.48.1-alpha.0</c>.</summary>
/// <param name="Major">The first number.</param>
/// <param name="Minor">The second number.</param>
/// <param name="Patch">The third number.</param>
/// <param name="PreRelease">What follows the hyphen, or null. It comes before the release of the same numbers.</param>
/// <remarks>Source: <c>spec/client-protocol.md</c> §2.1 and 3.3.</remarks>
public readonly record struct ClientVersion(uint Major, uint Minor, uint Patch, string? PreRelease = null) : IComparable<ClientVersion>
{
    /// <summary>The last npm version that is refused.</summary>
    public static ClientVersion LastUnsupported { get; } = new(0, 19, 1);

    /// <summary>The first npm version that puts chunks of a transition together.</summary>
    public static ClientVersion FirstWithChunks { get; } = new(1, 28, 0);

    /// <summary>Whether transitions may be sent to it in chunks.</summary>
    public bool UnderstandsChunks => this >= FirstWithChunks;

    /// <summary>Reads a version; false when it is not one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ClientVersion version)
    {
        version = default;
        var build = text.IndexOf('+');
        if (build >= 0) text = text[..build];

        string? preRelease = null;
        var hyphen = text.IndexOf('-');
        if (hyphen >= 0)
        {
            preRelease = text[(hyphen + 1)..].ToString();
            if (preRelease.Length == 0 || !preRelease.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-')) return false;
            text = text[..hyphen];
        }

        Span<Range> parts = stackalloc Range[4];
        if (text.Split(parts, '.') != 3) return false;
        if (!TryParseNumber(text[parts[0]], out var major) || !TryParseNumber(text[parts[1]], out var minor) || !TryParseNumber(text[parts[2]], out var patch)) return false;
        version = new(major, minor, patch, preRelease);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(ClientVersion other)
    {
        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order != 0) return order;
        if (PreRelease is null) return other.PreRelease is null ? 0 : 1;
        return other.PreRelease is null ? -1 : string.CompareOrdinal(PreRelease, other.PreRelease);
    }

    /// <inheritdoc/>
    public override string ToString() => PreRelease is null ? $"{Major}.{Minor}.{Patch}" : $"{Major}.{Minor}.{Patch}-{PreRelease}";

    /// <summary>Earlier.</summary>
    public static bool operator <(ClientVersion left, ClientVersion right) => left.CompareTo(right) < 0;

    /// <summary>Later.</summary>
    public static bool operator >(ClientVersion left, ClientVersion right) => left.CompareTo(right) > 0;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(ClientVersion left, ClientVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(ClientVersion left, ClientVersion right) => left.CompareTo(right) >= 0;

    private static bool TryParseNumber(ReadOnlySpan<char> text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
