using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Fresnel.Runtime.Node;

/// <summary>A process at one moment.</summary>
/// <param name="ProcessorTime">What it used so far.</param>
/// <param name="ResidentBytes">Its memory.</param>
/// <param name="IsStopped">Whether somebody stopped it, so that it can do nothing; known on Linux.</param>
internal readonly record struct ProcessLook(TimeSpan ProcessorTime, long ResidentBytes, bool IsStopped)
{
    /// <summary>The unit of times in <c>/proc</c>, which is the same on all that .NET runs on.</summary>
    private const long TicksPerJiffy = TimeSpan.TicksPerSecond / 100;

    /// <summary>Looks; a process that is gone used and has nothing.</summary>
    public static ProcessLook At(Process process)
    {
        try
        {
            if (OperatingSystem.IsLinux()) return Read(process.Id);
            process.Refresh();
            return new ProcessLook(process.TotalProcessorTime, process.WorkingSet64, false);
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception or IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    /// <summary>Whether there may be processes that it started. To look for them among all that run costs a thousand small files on a usual machine, so it is asked first.</summary>
    public static bool MayHaveChildren(Process process)
    {
        if (!OperatingSystem.IsLinux()) return true;
        try
        {
            foreach (var thread in Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/task")))
            {
                if (File.ReadAllText(Path.Combine(thread, "children")).Length > 0) return true;
            }

            return false;
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            // It is gone, or this kernel does not tell.
            return true;
        }
    }

    /// <summary>One file tells all three.</summary>
    private static ProcessLook Read(int id)
    {
        var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
        // The name of the program, in brackets, may hold anything.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        var time = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var pages = long.Parse(fields[21], CultureInfo.InvariantCulture);
        return new ProcessLook(TimeSpan.FromTicks(time * TicksPerJiffy), pages * System.Environment.SystemPageSize, fields[0] is "T" or "t");
    }
}
