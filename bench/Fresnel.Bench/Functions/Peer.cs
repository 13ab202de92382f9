using System.Diagnostics;
using System.Globalization;

namespace Fresnel.Bench.Functions;

/// <summary>A server that does the same by hand: Node over SQLite, or Node over PostgreSQL.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Process? _database;

    private Peer(Process process, Process? database, string url)
    {
        _process = process;
        _database = database;
        Url = url;
    }

    public string Url { get; }

    private static string Folder => Path.Combine(Server.Root, "bench", "peers");

    /// <summary>Seconds of processor time that it used, its database included.</summary>
    public double ProcessorSeconds() => ProcessorTime.Of(_process.Id).Values.Sum() + (_database is null ? 0 : ProcessorTime.Of(_database.Id).Values.Sum());

    public static async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules"))) return;
        Console.Error.WriteLine("Installing the peers' packages (better-sqlite3 is compiled, which takes a minute) …");
        await Server.RunAsync("npm", ["ci", "--no-audit", "--no-fund"], Folder, [], cancellationToken);
    }

    public static async Task<Peer> SqliteAsync(string folder, CancellationToken cancellationToken)
    {
        var (process, url) = await StartAsync("sqlite.mjs", [Path.Combine(folder, "peer.db")], cancellationToken);
        return new Peer(process, null, url);
    }

    /// <summary>With a cluster of its own; null where PostgreSQL is not installed.</summary>
    public static async Task<Peer?> PostgresAsync(string folder, CancellationToken cancellationToken)
    {
        if (Postgres.Find() is null) return null;
        var database = await Postgres.StartAsync(folder, cancellationToken);
        var (process, url) = await StartAsync("postgres.mjs", [Postgres.SocketFolder(folder), Postgres.Port, "16"], cancellationToken);
        return new Peer(process, database, url);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in (Process?[])[_process, _database])
        {
            if (process is null) continue;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private static async Task<(Process Process, string Url)> StartAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, program), .. arguments]) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync(cancellationToken);
        const string ready = "READY ";
        return line is not null && line.StartsWith(ready, StringComparison.Ordinal)
            ? (process, line[ready.Length..])
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program} did not start: {line}"));
    }
}
