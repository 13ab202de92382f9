using System.Runtime.InteropServices;

namespace Fresnel.Host;

/// <summary>The memory of libraries that are not .NET: decompression, the compiler, SQLite.</summary>
/// <remarks>glibc keeps what they free, in an arena for each of many threads: after fifty pushes some 40 MiB, though nobody used them.</remarks>
internal static class NativeMemory
{
    private static bool _isKnown = OperatingSystem.IsLinux();

    /// <summary>Gives back to the machine what was freed; nothing happens where the C library has no such function.</summary>
    public static void Trim()
    {
        if (!_isKnown) return;
        try
        {
            _ = malloc_trim(0);
        }
        catch (Exception missing) when (missing is EntryPointNotFoundException or DllNotFoundException)
        {
            _isKnown = false;
        }
    }

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int malloc_trim(nuint pad);
}
