namespace Fresnel.Testing;

/// <summary>Finds files of the repository from a test, wherever its binaries lie.</summary>
public static class RepositoryFiles
{
    /// <summary>The folder that holds <c>Fresnel.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of a file, given its path from the root with forward slashes.</summary>
    public static string PathOf(string relativePath) => Path.Combine(Root, relativePath.Replace('/', Path.DirectorySeparatorChar));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fresnel.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Fresnel.slnx.");
    }
}
