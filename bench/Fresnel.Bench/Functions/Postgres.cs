using System.Diagnostics;

namespace Fresnel.Bench.Functions;

/// <summary>A PostgreSQL cluster of one run, durable as PostgreSQL is by default: <c>fsync</c> and <c>synchronous_commit</c> are on.</summary>
internal static class Postgres
{
    /// <summary>It listens on a socket in a folder of its own, so any port will do.</summary>
    public const string Port = "5432";

    public static string SocketFolder(string folder) => Path.Combine(folder, "socket");

    /// <summary>The folder of <c>initdb</c> and <c>postgres</c>, or null.</summary>
    public static string? Find()
    {
        var folders = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).ToList();
        if (Directory.Exists("/usr/lib/postgresql")) folders.AddRange(Directory.GetDirectories("/usr/lib/postgresql").Order().Select(version => Path.Combine(version, "bin")));
        return folders.Find(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    public static async Task<Process> StartAsync(string folder, CancellationToken cancellationToken)
    {
        var programs = Find()!;
        var data = Path.Combine(folder, "cluster");
        foreach (var part in (string[])[data, SocketFolder(folder)]) Directory.CreateDirectory(part);
        // It refuses to run as root.
        var prefix = System.Environment.UserName == "root" ? new[] { "runuser", "-u", "postgres", "--" } : [];
        if (prefix.Length > 0)
        {
            await Server.RunAsync("chmod", ["a+x", folder], folder, [], cancellationToken);
            await Server.RunAsync("chown", ["-R", "postgres", data, SocketFolder(folder)], folder, [], cancellationToken);
        }

        string[] Command(string program, params string[] arguments) => [.. prefix, Path.Combine(programs, program), .. arguments];
        var initialize = Command("initdb", "-D", data, "-U", "bench", "-A", "trust", "--no-locale", "-E", "UTF8");
        await Server.RunAsync(initialize[0], initialize[1..], data, [], cancellationToken);
        var run = Command("postgres", "-D", data, "-p", Port, "-k", SocketFolder(folder), "-c", "listen_addresses=", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB");
        var process = Process.Start(new ProcessStartInfo(run[0], run[1..]) { WorkingDirectory = data, RedirectStandardError = true })!;
        while (await process.StandardError.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.Contains("ready to accept connections", StringComparison.Ordinal)) continue;
            _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
            return process;
        }

        throw new InvalidOperationException("PostgreSQL did not start.");
    }
}
