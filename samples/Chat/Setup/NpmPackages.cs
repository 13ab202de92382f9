namespace Chat.Setup;

/// <summary>The npm packages of the functions and the page.</summary>
internal static class NpmPackages
{
    /// <summary>The script of the <c>convex</c> CLI.</summary>
    public static string Convex => ChatFolder.PathOf("node_modules/convex/bin/main.js");

    /// <summary>The script of Vite.</summary>
    public static string Vite => ChatFolder.PathOf("node_modules/vite/bin/vite.js");

    /// <summary>Installs them when they are missing or the lock file has changed since.</summary>
    public static async Task InstallAsync(CancellationToken cancellationToken)
    {
        if (AreFresh()) return;
        await using var turn = await SetupTurn.TakeAsync(cancellationToken);
        if (AreFresh()) return;
        var npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        await Tool.RunAsync("Installing the npm packages", npm, ["ci", "--no-fund", "--no-audit"], new Dictionary<string, string?>(), cancellationToken);
    }

    /// <summary>npm leaves a hidden lock file behind that says what is installed; one that is older than ours is of an earlier state.</summary>
    private static bool AreFresh()
    {
        var installed = new FileInfo(ChatFolder.PathOf("node_modules/.package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(ChatFolder.PathOf("package-lock.json"));
    }
}
