using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>Somebody who pushes: makes indexes over what is there, staged ones too, makes those that are filled readable, and drops them again.</summary>
internal sealed class Shaper(World world, Life life, Random random)
{
    private static readonly (string Table, string Field)[] Wishes = [("registers", "amount"), ("rows", "value"), ("lists", "values")];

    public async Task RunAsync()
    {
        // The first is begun early, so that filling goes on while others write. An end must come, so that all can be filled.
        var (wish, pause) = (0, 1);
        for (var changes = random.Next(2, 5); changes > 0 || world.Counts.Backfills == 0;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(pause), world.Time);
            if (life.IsOver) return;
            try
            {
                if (await ChangeAsync(Wishes[wish])) changes--;
            }
            catch (Exception exception) when (life.Forgives(exception))
            {
            }

            (wish, pause) = (random.Next(Wishes.Length), random.Next(1, 20));
        }
    }

    /// <summary>Takes the next step of an index's life; false when it must wait, or was refused.</summary>
    private async Task<bool> ChangeAsync((string Table, string Field) wish)
    {
        var transaction = life.Database.BeginWrite(TransactionLimits.None);
        var table = transaction.FindTable("", wish.Table)!;
        var index = table.Indexes.FirstOrDefault(index => index.Name.StartsWith("by_wish", StringComparison.Ordinal));
        var isFilled = index is { State: IndexState.Backfilled };
        if (index is null) transaction.CreateIndex(table, $"by_wish_{world.NextName()}", [FieldPath.Parse(wish.Field)], staged: random.Next(3) == 0);
        else if (isFilled && (!index.Staged || random.Next(2) == 0)) transaction.EnableIndex(index);
        else if (index.State == IndexState.Enabled && random.Next(3) == 0) transaction.StageIndex(index);
        else if (random.Next(index.State == IndexState.Backfilling ? 24 : 3) == 0) transaction.DropIndex(index);
        var isChange = !transaction.IsUnwritten;
        var commit = await life.Database.SubmitAsync(transaction, CancellationToken.None);
        if ((await commit.Published).Outcome != CommitOutcome.Committed) return false;
        if (isFilled) world.Counts.Backfills++;
        return isChange;
    }
}
