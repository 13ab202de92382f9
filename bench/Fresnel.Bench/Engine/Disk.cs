using System.Diagnostics;

namespace Fresnel.Bench.Engine;

/// <summary>What the machine's disk takes for one sync: nothing durable is faster.</summary>
internal static class Disk
{
    public static async Task MeasureAsync(Report report)
    {
        var path = Path.GetTempFileName();
        var times = new List<double>();
        await using (var file = new FileStream(path, FileMode.Open))
        {
            var page = new byte[4096];
            for (var i = 0; i < 200; i++)
            {
                var began = Stopwatch.GetTimestamp();
                file.Write(page);
                file.Flush(flushToDisk: true);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        File.Delete(path);
        report.Add("fsync of 4 KiB, p50", Report.Milliseconds(Report.Median(times)), "200 in a row");
    }
}
