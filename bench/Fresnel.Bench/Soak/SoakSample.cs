using System.Diagnostics;
using System.Globalization;

namespace Fresnel.Bench.Soak;

/// <summary>Memory and handles of a server and its workers at one moment. On Linux; elsewhere the workers are not found.</summary>
internal sealed record SoakSample(TimeSpan At, long HostBytes, int HostHandles, int HostThreads, int Workers, long WorkerBytes, int WorkerHandles, int Files, int Sockets)
{
    public static string Heading => "     at   host MiB  handles  threads  workers  worker MiB  handles  files  sockets";

    public static SoakSample Take(TimeSpan at, SoakTarget target)
    {
        using var host = Process.GetProcessById(target.ProcessId);
        var workers = WorkerProcesses.Of(target.ProcessId);
        long bytes = 0;
        var handles = 0;
        foreach (var worker in workers)
        {
            try
            {
                using var process = Process.GetProcessById(worker);
                bytes += process.WorkingSet64;
                handles += Handles(worker);
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or IOException)
            {
                // It ended meanwhile.
            }
        }

        var files = Directory.EnumerateFiles(target.Data, "*", SearchOption.AllDirectories).Count(file => !file.Contains(".sqlite", StringComparison.Ordinal) && !file.Contains(".db", StringComparison.Ordinal));
        var sockets = Directory.EnumerateFiles(Path.GetTempPath(), "fresnel-*.sock").Count();
        return new SoakSample(at, host.WorkingSet64, Handles(target.ProcessId), host.Threads.Count, workers.Count, bytes, handles, files, sockets);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{At.TotalSeconds,6:0} s   {HostBytes >> 20,8}  {HostHandles,7}  {HostThreads,7}  {Workers,7}  {WorkerBytes >> 20,10}  {WorkerHandles,7}  {Files,5}  {Sockets,7}");

    private static int Handles(int process) => OperatingSystem.IsLinux() ? Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count() : 0;
}
