using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Simulation.Workloads;

/// <summary>Documents that nobody changes, more than the memory budget holds: who reads them sends others' nodes out of memory.</summary>
internal sealed class Ballast
{
    private const int Documents = 3_000, Bytes = 2_000, InOneCommit = 250;
    private readonly List<InternalId> _ids = [];

    public async Task LoadAsync(Database database, CancellationToken cancellationToken)
    {
        while (_ids.Count < Documents)
        {
            var transaction = database.BeginWrite();
            var table = transaction.FindTable("", "ballast") ?? transaction.CreateTable("", "ballast");
            for (var i = 0; i < InOneCommit; i++)
                _ids.Add((await transaction.InsertAsync(table, ValueObject.Create(("text", new string('b', Bytes))), cancellationToken)).Id.InternalId);
            var result = await (await database.SubmitAsync(transaction, cancellationToken)).Published.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            Assert.Equal(CommitOutcome.Committed, result.Outcome);
        }
    }

    /// <summary>Now and then reads one of them.</summary>
    public async ValueTask TouchAsync(Transaction transaction, Random random, CancellationToken cancellationToken)
    {
        if (random.Next(3) != 0) return;
        var found = await transaction.GetAsync(transaction.FindTable("", "ballast")!, _ids[random.Next(_ids.Count)], cancellationToken);
        if (found is null) throw new InvalidDataException("A document that nobody deletes is gone.");
    }
}
