using System.Globalization;

namespace Fresnel.Bench.Soak;

/// <summary>Whether memory and handles stayed flat after the warm-up: the last third of the time against the middle one.</summary>
internal static class SoakVerdict
{
    private const double MostGrowth = 0.15;

    /// <summary>Below this much, growth is the noise of a garbage collector. Bytes.</summary>
    private const long Noise = 24 << 20;

    /// <summary>What has grown, in words; nothing when all is flat.</summary>
    public static List<string> Judge(IReadOnlyList<SoakSample> samples)
    {
        var complaints = new List<string>();
        var third = samples.Count / 3;
        if (third == 0) return complaints;
        var middle = samples.Skip(third).Take(third).ToList();
        var last = samples.Skip(samples.Count - third).ToList();

        Compare("the server's memory (MiB)", sample => sample.HostBytes >> 20, Noise >> 20);
        Compare("the memory of a worker (MiB)", sample => sample.Workers == 0 ? 0 : (sample.WorkerBytes >> 20) / sample.Workers, Noise >> 20);
        Compare("the server's handles", sample => sample.HostHandles, 20);
        Compare("the server's threads", sample => sample.HostThreads, 10);
        Compare("workers", sample => sample.Workers, 2);
        Compare("files", sample => sample.Files, 30);
        Compare("sockets in the temporary folder", sample => sample.Sockets, 2);
        return complaints;

        void Compare(string what, Func<SoakSample, long> take, long noise)
        {
            var (before, after) = (Median(middle.Select(take)), Median(last.Select(take)));
            if (after > before + Math.Max(noise, (long)(before * MostGrowth))) complaints.Add(string.Create(CultureInfo.InvariantCulture, $"{what} grew from {before} to {after}"));
        }
    }

    public static long Median(IEnumerable<long> figures)
    {
        var sorted = figures.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
