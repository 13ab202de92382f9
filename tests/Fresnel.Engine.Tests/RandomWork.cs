using Fresnel.Engine.Commits;
using Fresnel.Values;

namespace Fresnel.Engine.Tests;

/// <summary>Random transactions over a few tables with indexes: inserts, patches, replaces, deletes, documents small and large.</summary>
internal sealed class RandomWork(TestDatabase db, Random random)
{
    private static readonly string[] Tables = ["red", "green", "blue"];
    private readonly List<DocumentId> _ids = [];

    /// <summary>The documents that are there.</summary>
    public IReadOnlyList<DocumentId> Ids { get => _ids; init => _ids.AddRange(value); }

    public static async Task<RandomWork> StartAsync(TestDatabase db, Random random)
    {
        foreach (var table in Tables) await db.CreateTableAsync(table, ("by_a", ["a"]), ("by_b_c", ["b", "c.d"]));
        return new(db, random);
    }

    public async Task DoAsync(int transactions)
    {
        for (var i = 0; i < transactions; i++)
        {
            var transaction = db.Database.BeginWrite();
            var (inserted, deleted) = (new List<DocumentId>(), new List<DocumentId>());
            for (var step = random.Next(1, 6); step > 0; step--)
            {
                var id = _ids.Count == 0 ? default : _ids[random.Next(_ids.Count)];
                var known = _ids.Count > 0 && !deleted.Contains(id);
                switch (random.Next(6))
                {
                    case 0 when known:
                        await transaction.Delete(id);
                        deleted.Add(id);
                        break;
                    case 1 or 2 when known:
                        await transaction.Patch(id, ("a", RandomValue()), ("text", RandomText()));
                        break;
                    case 3 when known:
                        var table = transaction.FindTable("", id.TableNumber)!;
                        await transaction.ReplaceAsync(table, id, ValueObject.Create(("b", RandomValue())), TestDatabase.Token);
                        break;
                    default:
                        inserted.Add((await transaction.Insert(Tables[random.Next(3)], ("a", RandomValue()), ("b", RandomValue()), ("text", RandomText()))).Id);
                        break;
                }
            }

            var outcome = (await db.CommitAsync(transaction)).Outcome;
            // An index that becomes complete meanwhile is a conflict.
            if (outcome == CommitOutcome.Conflict) continue;
            Assert.True(outcome == CommitOutcome.Committed, $"{outcome}: {db.Database.Stopped}");
            _ids.AddRange(inserted);
            _ids.RemoveAll(deleted.Contains);
        }
    }

    private Value RandomValue() => random.Next(4) switch
    {
        0 => Value.Undefined,
        1 => Value.Null,
        2 => Value.Float64(random.Next(20)),
        _ => "s" + random.Next(20),
    };

    private Value RandomText() => new string((char)('a' + random.Next(26)), random.Next(10) == 0 ? random.Next(4_000, 9_000) : random.Next(60));
}
