using Fresnel.Sqlite.Tests.Disk;

namespace Fresnel.Sqlite.Tests;

/// <summary>The power goes while the store writes: what it wrote and synced was recorded below SQLite, and the files that a cut may leave are built from that.</summary>
public sealed class PowerLossTests(ITestOutputHelper output)
{
    /// <summary>How many images there are; the variable <c>FRESNEL_POWER_CUTS</c> asks for more.</summary>
    private static readonly int Images = int.TryParse(Environment.GetEnvironmentVariable("FRESNEL_POWER_CUTS"), out var count) ? count : 320;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_a_power_cut_leaves_holds_all_that_was_acknowledged_and_nothing_by_halves()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var record = await RecordAsync(random);
        var powerLoss = new PowerLoss(record.Operations);
        var (before, after, images) = (0, 0, 0);
        foreach (var cut in Cuts(record.Operations, random))
        {
            powerLoss.MoveTo(cut);
            var (acknowledged, possible) = record.At(cut);
            using var folder = new QuickFolder();
            powerLoss.Write(folder.Path, random);
            var (found, afterwards) = await GoOnAsync(folder.Path);
            Assert.True(found == acknowledged.Text || found == possible.Text, $"Seed {seed}, cut at {cut}: found\n{found}\nexpected\n{acknowledged.Text}\nor\n{possible.Text}");
            if (images++ % 4 == 0) Assert.Equal(afterwards, await OpenAsync(folder.Path));
            if (acknowledged.Text != possible.Text) _ = found == acknowledged.Text ? before++ : after++;
        }

        output.WriteLine($"Seed {seed}: {Images} images of {record.Operations.Count} operations; what was under way was lost {before} times and kept {after} times.");
        // Both happen, or the cuts are not where they should be.
        Assert.True(before > 0 && after > 0, $"Seed {seed}: {before} lost, {after} kept.");
    }

    [Fact]
    public async Task The_images_show_a_store_that_does_not_sync()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        output.WriteLine($"Seed {seed}.");
        var record = await RecordAsync(random, steps: 30);
        var powerLoss = new PowerLoss(record.Operations) { HonoursSyncs = false };
        var lost = 0;
        foreach (var cut in Enumerable.Range(0, 20).Select(_ => random.Next(record.Operations.Count)).Order())
        {
            powerLoss.MoveTo(cut);
            using var folder = new QuickFolder();
            powerLoss.Write(folder.Path, random);
            var (acknowledged, possible) = record.At(cut);
            try
            {
                var found = await OpenAsync(folder.Path);
                if (found != acknowledged.Text && found != possible.Text) lost++;
            }
            catch (Exception damaged) when (damaged is Engine.Stores.StoreException or Xunit.Sdk.XunitException)
            {
                lost++;
            }
        }

        Assert.True(lost > 0, $"Seed {seed}");
    }

    /// <summary>Half of the cuts anywhere, half of them right before a sync or near one, where it matters most.</summary>
    private static IEnumerable<int> Cuts(IReadOnlyList<DiskOperation> operations, Random random)
    {
        int[] syncs = [.. Enumerable.Range(0, operations.Count).Where(i => operations[i].Call is DiskCall.Sync or DiskCall.Delete or DiskCall.Truncate)];
        return Enumerable.Range(0, Images)
            .Select(i => i % 2 == 0 ? random.Next(operations.Count + 1) : Math.Clamp(syncs[random.Next(syncs.Length)] + (i % 4 == 1 ? 0 : random.Next(-2, 3)), 0, operations.Count))
            .Order();
    }

    /// <summary>Opens, reads everything, closes.</summary>
    private static async Task<string> OpenAsync(string folder)
    {
        await using var store = new SqliteCommitStore(folder);
        return (await StoreModel.ReadAsync(store, await store.OpenAsync(Token), StoreStep.Pages, Token)).Text;
    }

    /// <summary>Opens, reads everything, and does what any store does: takes a group.</summary>
    /// <returns>What was there, and what is there then.</returns>
    private static async Task<(string Found, string Afterwards)> GoOnAsync(string folder)
    {
        await using var store = new SqliteCommitStore(folder);
        var model = await StoreModel.ReadAsync(store, await store.OpenAsync(Token), StoreStep.Pages, Token);
        var step = StoreStep.Append([1, 2, 3]);
        await step.DoAsync(store, model);
        return (model.Text, step.Expect(model).Text);
    }

    /// <summary>Runs random steps on a disk that is recorded; SQLite moves its own log into the file now and then, and begins that log anew; the store is closed and opened in between.</summary>
    private static async Task<Record> RecordAsync(Random random, int steps = 220)
    {
        using var folder = new QuickFolder();
        using var disk = new WatchedDisk(folder.Path) { IsRecording = true };
        var store = new SqliteCommitStore(folder.Path) { MovedAfterPages = 30 };
        await store.OpenAsync(Token);
        var model = StoreModel.Empty;
        var marks = new List<Mark> { new(0, model, model), new(disk.Operations.Count, model, model) };
        for (var i = 0; i < steps; i++)
        {
            if (i == steps * 3 / 4)
            {
                await store.DisposeAsync();
                store = new(folder.Path) { MovedAfterPages = 30 };
                await store.OpenAsync(Token);
            }

            var step = StoreStep.Random(random, largest: 30_000);
            var next = step.Expect(model);
            marks.Add(new(disk.Operations.Count, model, next));
            await step.DoAsync(store, model);
            model = next;
            marks.Add(new(disk.Operations.Count, model, model));
        }

        await store.DisposeAsync();
        return new(disk.Operations, marks);
    }

    /// <summary>From this operation on, this was acknowledged, and that may be there already.</summary>
    private sealed record Mark(int From, StoreModel Acknowledged, StoreModel Possible);

    private sealed record Record(IReadOnlyList<DiskOperation> Operations, List<Mark> Marks)
    {
        public (StoreModel Acknowledged, StoreModel Possible) At(int cut)
        {
            // At the very end of a step, its answer may have been given.
            var mark = Marks.Last(mark => mark.From <= cut);
            return (mark.Acknowledged, mark.Possible);
        }
    }
}
