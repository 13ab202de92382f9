using System.Globalization;

namespace Fresnel.Bench;

/// <summary>What the resident set of a .NET process consists of: files that are mapped, code that was compiled, heaps and stacks. Known on Linux; zeros elsewhere.</summary>
internal readonly record struct ResidentParts(long Files, long Code, long Heaps)
{
    public static ResidentParts Of(int process)
    {
        var parts = default(ResidentParts);
        if (!OperatingSystem.IsLinux()) return parts;
        var mapped = "";
        foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/smaps")))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // A mapping begins with its addresses and ends with what is mapped; lines about it begin with a word and a colon.
            if (!words[0].EndsWith(':')) mapped = words.Length > 5 ? words[5] : "";
            if (words[0] != "Rss:") continue;
            var bytes = long.Parse(words[1], CultureInfo.InvariantCulture) << 10;
            // The runtime maps what it compiles twice, to write and to run it, from a file in memory of this name.
            parts = mapped.Contains("doublemapper", StringComparison.Ordinal) ? parts with { Code = parts.Code + bytes }
                : mapped.StartsWith('/') ? parts with { Files = parts.Files + bytes }
                : parts with { Heaps = parts.Heaps + bytes };
        }

        return parts;
    }

    public override string ToString() => $"{Report.Mebibytes(Files)} mapped files, {Report.Mebibytes(Code)} compiled code, {Report.Mebibytes(Heaps)} heaps and stacks";
}
