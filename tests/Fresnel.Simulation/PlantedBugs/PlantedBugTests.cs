using System.Diagnostics;
using System.Text.RegularExpressions;
using Fresnel.Testing;

namespace Fresnel.Simulation.PlantedBugs;

/// <summary>Plants each bug in a copy of the repository, builds it, and lets the simulation look for it. Only when asked, since it takes a quarter of an hour.</summary>
/// <remarks><c>FRESNEL_PLANT=all</c>, or a part of a name. <c>FRESNEL_SEED</c> and <c>FRESNEL_RUNS</c> are passed on. See <c>docs/internals/simulation.md</c>.</remarks>
public sealed partial class PlantedBugTests
{
    /// <summary>Seeds that are looked through for one bug. Most are found within ten.</summary>
    private const string Runs = "1000";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static string? Wanted => Environment.GetEnvironmentVariable("FRESNEL_PLANT");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_simulation_finds_every_one()
    {
        Assert.SkipWhen(Wanted is null, "FRESNEL_PLANT says which: all, or a part of a name.");
        using var folder = new TemporaryFolder();
        CopyTo(folder.Path);
        var missed = new List<string>();
        foreach (var bug in PlantedBugList.All.Where(bug => Wanted == "all" || bug.Name.Contains(Wanted!, StringComparison.OrdinalIgnoreCase)))
        {
            var start = Stopwatch.GetTimestamp();
            var finding = await FindAsync(bug, folder.Path);
            var told = $"{(finding is null ? "MISSED" : "caught")} in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s: {bug.Name}{(finding is null ? "" : $" | {finding[..Math.Min(finding.Length, 260)]}")}";
            await Console.Out.WriteLineAsync(told); // At once, because it takes long.
            if (finding is null) missed.Add(bug.Name);
        }

        Assert.Empty(missed);
    }

    /// <summary>What the simulation says of a bug; null when it does not notice.</summary>
    private static async Task<string?> FindAsync(PlantedBug bug, string root)
    {
        using var planted = bug.PlantIn(root);
        var built = await RunAsync(root, "dotnet", ["build", "tests/Fresnel.Simulation", "-v", "q", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false", "-nodeReuse:false"]);
        if (built.Code != 0) throw new InvalidOperationException($"{bug.Name} does not build: {built.Output}");
        var ran = await RunAsync(root, Path.Combine(root, "tests/Fresnel.Simulation/bin/Debug/net10.0/Fresnel.Simulation"), ["--filter-method", "*WorldTests.Every*"]);
        if (ran.Code == 0) return null;
        return Failure().Match(ran.Output) is { Success: true } match ? match.Value.Trim() : ran.Output[..Math.Min(300, ran.Output.Length)];
    }

    private static async Task<(int Code, string Output)> RunAsync(string root, string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = root, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("FRESNEL_PLANT");
        start.Environment.TryAdd("FRESNEL_RUNS", Runs);
        start.Environment.TryAdd("FRESNEL_SEED", "1");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        try
        {
            await process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Copies what is needed to build the simulation, and nothing that was built.</summary>
    private static void CopyTo(string target)
    {
        foreach (var name in Directory.EnumerateFiles(RepositoryFiles.Root)) File.Copy(name, Path.Combine(target, Path.GetFileName(name)));
        foreach (var folder in new[] { "src", "tests/Fresnel.Simulation", "tests/Fresnel.Testing" })
        {
            foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, folder), "*", SearchOption.AllDirectories))
            {
                var path = Path.GetRelativePath(RepositoryFiles.Root, file);
                if (BuiltOrInstalled().IsMatch(path)) continue;
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(target, path))!);
                File.Copy(file, Path.Combine(target, path));
            }
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "tests"))) File.Copy(file, Path.Combine(target, "tests", Path.GetFileName(file)));
    }

    [GeneratedRegex("^ *Seed [0-9]+: .*$", RegexOptions.Multiline)]
    private static partial Regex Failure();

    [GeneratedRegex("(^|/)(bin|obj|node_modules)/")]
    private static partial Regex BuiltOrInstalled();
}
