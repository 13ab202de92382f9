using System.Globalization;
using System.Text;

namespace Fresnel.Bench;

/// <summary>What was measured, on which machine, under which load, by which command.</summary>
internal sealed class Report(string title, string command)
{
    private readonly List<(string Figure, string Value, string Note)> _rows = [];
    private readonly string _loadBefore = Load();

    public void Add(string figure, string value, string note)
    {
        Console.Error.WriteLine($"{figure}: {value} ({note})");
        _rows.Add((figure, value, note));
    }

    public static double Median(List<double> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    public static string Milliseconds(double milliseconds) => milliseconds.ToString(milliseconds < 10 ? "0.00" : "0", CultureInfo.InvariantCulture) + " ms";

    public static string Mebibytes(long bytes) => (bytes / 1048576.0).ToString("0", CultureInfo.InvariantCulture) + " MiB";

    /// <summary>Writes the report to <c>bench/results</c>, named by date.</summary>
    public async Task KeepAsync(string name, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Server.Root, "bench", "results", $"{DateTime.UtcNow:yyyy-MM-dd}-{name}.md");
        await File.WriteAllTextAsync(path, ToString(), cancellationToken);
        Console.Error.WriteLine($"Kept in {Path.GetRelativePath(Server.Root, path)}");
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {title}").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"- Date: {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC");
        text.AppendLine(CultureInfo.InvariantCulture, $"- Machine: {Environment.ProcessorCount} cores ({Processor()}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- .NET {Environment.Version}; load average before {_loadBefore}, after {Load()}; client and server share the machine");
        text.AppendLine(CultureInfo.InvariantCulture, $"- Command: `{command}`").AppendLine();
        text.AppendLine("| Figure | Value | How |").AppendLine("| --- | --- | --- |");
        foreach (var (figure, value, note) in _rows) text.AppendLine(CultureInfo.InvariantCulture, $"| {figure} | {value} | {note} |");
        return text.ToString();
    }

    private static string Load() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : "unknown";

    private static string Processor() =>
        File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
            : "unknown";
}
