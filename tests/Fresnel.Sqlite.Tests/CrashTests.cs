using System.Diagnostics;
using System.Globalization;
using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Testing;
using Fresnel.Values;

namespace Fresnel.Sqlite.Tests;

public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Rounds = 3;

    [Fact]
    public async Task A_process_killed_while_committing_loses_nothing_it_acknowledged_and_starts_from_its_checkpoint()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"Seed {seed}.");
        using var folder = new TemporaryFolder();
        var acknowledged = new long[CommittingProcess.Writers];
        for (var round = 0; round < Rounds; round++)
        {
            await CommitUntilKilledAsync(folder.Path, acknowledged, lines: random.Next(500, 900));

            await using var database = await Database.OpenAsync(new SqliteCommitStore(folder.Path), CommittingProcess.Options, TestContext.Current.CancellationToken);
            output.WriteLine($"Round {round}: {string.Join(' ', acknowledged)} acknowledged; {database.Start}.");
            for (var writer = 0; writer < acknowledged.Length; writer++)
            {
                var (counter, numbers) = await CommittingProcess.ReadAsync(database.BeginRead(limits: Engine.Transactions.TransactionLimits.None), writer);
                Assert.True(counter >= acknowledged[writer], $"Seed {seed}: writer {writer} was acknowledged {acknowledged[writer]} and has {counter}.");
                Assert.Equal(Enumerable.Range(1, (int)counter).Select(number => (long)number), numbers);
            }

            // The log behind the checkpoint is about as long as the option says, and not as long as the life of the process.
            Assert.NotEqual(Timestamp.Zero, database.Start.CheckpointTimestamp);
            Assert.InRange(database.Start.ReplayedBytes, 0, 2 * CommittingProcess.CheckpointAfterLogBytes);
            Assert.True(database.Start.ReplayedGroups < acknowledged.Sum() / 2, $"Seed {seed}: {database.Start}");
        }
    }

    private static async Task CommitUntilKilledAsync(string folder, long[] acknowledged, int lines)
    {
        var program = Path.ChangeExtension(typeof(CrashTests).Assembly.Location, ".dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, CommittingProcess.Command, folder]) { RedirectStandardOutput = true })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            for (var i = 0; i < lines && await process.StandardOutput.ReadLineAsync(patience.Token) is { } line; i++) Note(line);

            // While it lives, nobody else gets in.
            var refused = await Assert.ThrowsAsync<StoreException>(() => Database.OpenAsync(new SqliteCommitStore(folder), CommittingProcess.Options, patience.Token));
            Assert.Equal($"The data folder {folder} is in use by another process.", refused.Message);
        }
        finally
        {
            // SIGKILL: nothing is finished, nothing is flushed.
            process.Kill();
        }

        // What it printed before it died, it had acknowledged.
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line) Note(line);
        await process.WaitForExitAsync(patience.Token);

        void Note(string line)
        {
            // The last line may be cut off.
            if (line.Split(' ') is [var writer, var number] && long.TryParse(number, CultureInfo.InvariantCulture, out var count) && int.TryParse(writer, CultureInfo.InvariantCulture, out var at))
                acknowledged[at] = Math.Max(acknowledged[at], count);
        }
    }
}
