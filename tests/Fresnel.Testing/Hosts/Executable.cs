namespace Fresnel.Testing.Hosts;

/// <summary>Finds programs on PATH.</summary>
public static class Executable
{
    /// <summary>The full path of a program.</summary>
    public static string Find(string name) => TryFind(name) ?? throw new FileNotFoundException($"{name} is not on PATH.");

    /// <summary>The full path of a program, or null.</summary>
    public static string? TryFind(string name)
    {
        var file = OperatingSystem.IsWindows() ? $"{name}.exe" : name;
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, file))
            .FirstOrDefault(File.Exists);
    }
}
