using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Fresnel.Sqlite;

/// <summary>Which SQLite is used: the system's when it is newer than the one that the package brings.</summary>
/// <remarks>The package's native library is from 2021. A machine with a system SQLite gets the fixes since; one without gets the package's.</remarks>
public static class SqliteLibrary
{
    private const string Bundled = "e_sqlite3";
    private static readonly Lazy<string> Loaded = new(Load);
    private static nint _handle;

    /// <summary>The version in use, e.g. <c>3.40.1</c>. Asking loads the library.</summary>
    public static string Version => Loaded.Value;

    /// <summary>The loaded library, for tests that stand between it and the disk.</summary>
    internal static nint Handle => Version.Length == 0 ? 0 : _handle;

    private static string Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return raw.sqlite3_libversion().utf8_to_string();
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == Bundled ? _handle = Choose(assembly, searchPath) : 0;

    private static nint Choose(Assembly assembly, DllImportSearchPath? searchPath)
    {
        var hasBundled = NativeLibrary.TryLoad(Bundled, assembly, searchPath, out var bundled);
        foreach (var candidate in SystemNames())
        {
            if (!NativeLibrary.TryLoad(candidate, out var system)) continue;
            if (!hasBundled || VersionOf(system) > VersionOf(bundled)) return system;
            NativeLibrary.Free(system);
        }

        return hasBundled ? bundled : 0;
    }

    private static string[] SystemNames()
    {
        if (OperatingSystem.IsWindows()) return ["winsqlite3"];
        return OperatingSystem.IsMacOS() ? ["libsqlite3.dylib"] : ["libsqlite3.so.0", "libsqlite3.so"];
    }

    private static int VersionOf(nint library) =>
        NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out var function) ? Marshal.GetDelegateForFunctionPointer<VersionNumber>(function)() : 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int VersionNumber();
}
