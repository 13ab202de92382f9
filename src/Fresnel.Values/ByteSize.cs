using System.Globalization;

namespace Fresnel.Values;

/// <summary>Prints numbers of bytes as error texts do: binary units, two decimals unless exact. Source: <c>spec/data-model.md</c> §1.3.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB"];

    /// <summary><c>1 MiB</c>, <c>1.50 MiB</c>, <c>700 B</c>.</summary>
    public static string Print(long bytes)
    {
        var unit = 0;
        while (unit + 1 < Units.Length && bytes >= 1L << 10 * (unit + 1)) unit++;
        var scale = 1L << 10 * unit;
        var number = bytes % scale == 0
            ? (bytes / scale).ToString(CultureInfo.InvariantCulture)
            : ((double)bytes / scale).ToString("F2", CultureInfo.InvariantCulture);
        return $"{number} {Units[unit]}";
    }
}
