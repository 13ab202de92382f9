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
