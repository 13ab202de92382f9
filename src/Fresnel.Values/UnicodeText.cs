namespace Fresnel.Values;

/// <summary>What .NET strings do not do by themselves: the order of UTF-8, and a look for halves of characters.</summary>
internal static class UnicodeText
{
    /// <summary>Compares by code point, which is the order of the UTF-8 bytes and not that of the UTF-16 units.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length.CompareTo(right.Length);
        return Rank(left[common]).CompareTo(Rank(right[common]));
    }

    public static bool HasUnpairedSurrogate(ReadOnlySpan<char> text)
    {
        var at = text.IndexOfAnyInRange('\ud800', '\udfff');
        if (at < 0) return false;
        for (var i = at; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return true;
            i++;
        }

        return false;
    }

    /// <summary>Lifts surrogates, which stand for the highest code points, above U+E000 to U+FFFF.</summary>
    private static int Rank(char unit) => unit switch
    {
        >= '\ue000' => unit - 0x800,
        >= '\ud800' => unit + 0x2000,
        _ => unit,
    };
}
