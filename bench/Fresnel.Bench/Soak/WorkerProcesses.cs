using System.Diagnostics;
using System.Globalization;

namespace Fresnel.Bench.Soak;

/// <summary>The worker processes of a server; found on Linux.</summary>
internal static class WorkerProcesses
{
    /// <summary>What the system calls a Node: from version 24 on by the name of its main thread.</summary>
    private static readonly string[] Names = ["node", "MainThread"];

    /// <summary>Their ids; a process that only analyses a push is one, too.</summary>
    public static List<int> Of(int host)
    {
        var found = new List<int>();
        if (!OperatingSystem.IsLinux()) return found;
        foreach (var node in Names.SelectMany(Process.GetProcessesByName))
        {
            using (node)
            {
                try
                {
                    var stat = File.ReadAllText($"/proc/{node.Id}/stat");
                    var isWorker = File.ReadAllText($"/proc/{node.Id}/cmdline").Contains("main.mjs", StringComparison.Ordinal);
                    if (isWorker && stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == host.ToString(CultureInfo.InvariantCulture)) found.Add(node.Id);
                }
                catch (IOException)
                {
                    // It ended meanwhile.
                }
            }
        }

        return found;
    }
}
