using System.Diagnostics;
using System.Globalization;
using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Transactions;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Sqlite.Tests;

/// <summary>The real process, killed at random moments while it commits and writes checkpoints.</summary>
/// <remarks>The variable <c>FRESNEL_CRASHES</c> asks for more rounds than the suite has.</remarks>
public sealed class CrashTests(ITestOutputHelper output)
{
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("FRESNEL_CRASHES"), CultureInfo.InvariantCulture, out var rounds) ? rounds : 25;

    [Fact]
    public async Task A_process_killed_while_committing_loses_nothing_it_acknowledged_and_starts_from_its_checkpoint()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"Seed {seed}.");
        TemporaryFolder? folder = null;
        var (acknowledged, checkpoints, commits) = (new HashSet<string>(), new HashSet<Timestamp>(), 0);
        for (var round = 0; round < Rounds; round++)
        {
            // A folder has several lives; then another, so that first starts are killed too and reading it does not take ever longer.
            if (round % 8 == 0)
            {
                folder?.Dispose();
                folder = new();
                commits += acknowledged.Count;
                acknowledged.Clear();
            }

            // Some die before their first commit.
            await CommitUntilKilledAsync(folder!.Path, $"life{round}", acknowledged, lines: random.Next(5) == 0 ? 0 : random.Next(1, 500), random);
            var start = await CheckAsync(folder.Path, acknowledged, $"Seed {seed}, round {round}");
            checkpoints.Add(start.CheckpointTimestamp);

            // The log behind the checkpoint is about as long as the option says, and not as long as the life of the process.
            Assert.InRange(start.ReplayedBytes, 0, 4 * CommittingProcess.CheckpointAfterLogBytes);
        }

        folder!.Dispose();
        commits += acknowledged.Count;
        output.WriteLine($"{Rounds} kills, {commits} acknowledged commits, {checkpoints.Count} checkpoints started from.");
        Assert.True(commits > Rounds * 10 && checkpoints.Count > Rounds / 5, $"Seed {seed}: {commits} commits, {checkpoints.Count} checkpoints.");
    }

    private static async Task<StartReport> CheckAsync(string folder, HashSet<string> acknowledged, string context)
    {
        await using var database = await Database.OpenAsync(new SqliteCommitStore(folder), CommittingProcess.Options, TestContext.Current.CancellationToken);
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        var missing = new HashSet<string>(acknowledged);
        var found = new HashSet<string>();
        foreach (var (counter, entries) in await CommittingProcess.ReadAsync(transaction))
        {
            foreach (var (_, token) in entries)
            {
                Assert.True(found.Add(token), $"{context}: {token} is there twice.");
                missing.Remove(token);
            }

            // Neither half of a commit is there without the other, and none is missing in the middle.
            Assert.True(entries.Select(entry => entry.Number).SequenceEqual(Enumerable.Range(1, (int)counter).Select(number => (long)number)), $"{context}: a counter of {counter}, and {entries.Count} entries.");
        }

        Assert.True(missing.Count == 0, $"{context}: acknowledged and lost: {string.Join(' ', missing)}.");
        return database.Start;
    }

    private static async Task CommitUntilKilledAsync(string folder, string life, HashSet<string> acknowledged, int lines, Random random)
    {
        var program = Path.ChangeExtension(typeof(CrashTests).Assembly.Location, ".dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, CommittingProcess.Command, folder, life]) { RedirectStandardOutput = true })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var last = "";
        try
        {
            if (lines == 0)
            {
                // While it starts: no later than at its first commit.
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(50, 400)));
                try
                {
                    last = await process.StandardOutput.ReadLineAsync(soon.Token) ?? "";
                }
                catch (OperationCanceledException)
                {
                    // It has not come that far.
                }
            }

            for (var i = 0; i < lines && await process.StandardOutput.ReadLineAsync(patience.Token) is { } line; i++) acknowledged.Add(line);

            // While it lives, nobody else gets in.
            if (lines > 450)
            {
                var refused = await Assert.ThrowsAsync<StoreException>(() => Database.OpenAsync(new SqliteCommitStore(folder), CommittingProcess.Options, patience.Token));
                Assert.Equal($"The data folder {folder} is in use by another process.", refused.Message);
            }
        }
        finally
        {
            // SIGKILL: nothing is finished, nothing is flushed.
            process.Kill();
        }

        // What it printed before it died, it had acknowledged; the last line may be cut off.
        var rest = last + "\n" + await process.StandardOutput.ReadToEndAsync(patience.Token);
        acknowledged.UnionWith(rest[..(rest.LastIndexOf('\n') + 1)].Split('\n').Where(line => line.StartsWith(life + "-", StringComparison.Ordinal)));
        await process.WaitForExitAsync(patience.Token);
    }
}
