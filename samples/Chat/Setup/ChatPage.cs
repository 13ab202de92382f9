namespace Chat.Setup;

/// <summary>The page, as Vite builds it.</summary>
internal static class ChatPage
{
    /// <summary>Where it is built to.</summary>
    public static string Built => ChatFolder.PathOf("dist");

    /// <summary>Builds it when something that it is made of is newer.</summary>
    public static async Task BuildAsync(CancellationToken cancellationToken)
    {
        if (IsFresh()) return;
        await using var turn = await SetupTurn.TakeAsync(cancellationToken);
        if (IsFresh()) return;
        await Tool.RunAsync("Building the page", "node", [NpmPackages.Vite, "build", "--logLevel", "warn"], new Dictionary<string, string?>(), cancellationToken);
    }

    private static bool IsFresh()
    {
        var built = new FileInfo(Path.Combine(Built, "index.html"));
        return built.Exists && Inputs().All(input => File.GetLastWriteTimeUtc(input) <= built.LastWriteTimeUtc);
    }

    private static IEnumerable<string> Inputs() =>
    [
        .. ((string[])["index.html", "vite.config.ts", "package-lock.json", "convex/_generated/api.js"]).Select(ChatFolder.PathOf),
        .. Directory.EnumerateFiles(ChatFolder.PathOf("page"), "*", SearchOption.AllDirectories),
    ];
}
