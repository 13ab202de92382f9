using System.Globalization;

namespace Fresnel.Bench.Functions;

/// <summary>The processor time of processes and of all below them, as the kernel counts it.</summary>
internal static class ProcessorTime
{
    private const double TicksPerSecond = 100;

    /// <summary>Seconds used by a process, and by those below it, by the name of their program.</summary>
    public static Dictionary<string, double> Of(int root)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(folder => Read(folder)).OfType<Entry>().ToDictionary(entry => entry.Id);
        var used = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var entry in all.Values.Where(entry => IsBelow(entry, root, all))) used[entry.Name] = used.GetValueOrDefault(entry.Name) + entry.Seconds;
        return used;
    }

    private static bool IsBelow(Entry entry, int root, Dictionary<int, Entry> all)
    {
        for (Entry? at = entry; at is not null; at = all.GetValueOrDefault(at.Parent))
        {
            if (at.Id == root) return true;
        }

        return false;
    }

    private static Entry? Read(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)) return null;
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            var name = stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')];
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            if (name == "MainThread") name = "node"; // So Node is called from version 24 on.
            return new Entry(id, int.Parse(fields[1], CultureInfo.InvariantCulture), name, (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null; // It ended meanwhile.
        }
    }

    private sealed record Entry(int Id, int Parent, string Name, double Seconds);
}
