using Fresnel.Engine;
using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime;
using Fresnel.Simulation.Histories;
using Fresnel.Simulation.Workloads;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>The disk that every world begins with: tables, what the workloads prepare, and more documents than the memory budget holds. Made once, by a world of its own.</summary>
internal sealed class WorldImage
{
    /// <summary>Documents that nobody changes: about a hundred leaves, so that who reads them sends others' nodes out of memory.</summary>
    private const int BallastDocuments = 2_600;

    private static readonly Lazy<WorldImage> Made = new(() => new());
    private readonly Dictionary<IndexKeyId, byte[][]> _ballastKeys = [];
    private readonly Dictionary<(TableKey Table, InternalId Id), (ReadOnlyMemory<byte> Json, ValueObject Fields)> _fields = [];

    private WorldImage()
    {
        var course = new Course(0);
        var time = new VirtualTime(course);
        var scheduler = new SeededScheduler(course, time);
        var store = new DiskStore(Disk, course, time, course.Split(1), new());
        var making = scheduler.Start(async () =>
        {
            await using var deployment = await WorldFunctions.StartAsync(store, time, new(course.Split(2)), scheduler, Recorder, new());
            await MakeAsync(deployment);
            await WorldFunctions.SetCronAsync(deployment.Database, time, new SeededEntropy(course.Split(3)), version: 0);
            await deployment.Database.CheckpointAsync(CancellationToken.None);
        });
        scheduler.Run(() => making.IsCompleted);
        if (making.Exception is { } failed) throw failed;
        Disk = Disk.Copy();
        Replica.Apply(Disk.Log);
        var ballast = Ballast.Select(document => document.Id.InternalId).ToHashSet();
        foreach (var (key, (json, _)) in Replica.Documents.Where(document => !ballast.Contains(document.Key.Id))) _fields.Add(key, (json, ValueJson.Parse(json.Span).AsObject()));
    }

    public static WorldImage Shared => Made.Value;

    public Disk Disk { get; } = new();

    public Replica Replica { get; } = new();

    /// <summary>What was done to make it: where every history begins.</summary>
    public HistoryRecorder Recorder { get; } = new();

    /// <summary>The documents that nobody changes.</summary>
    public List<Document> Ballast { get; } = [];

    /// <summary>The fields of a document: those that the image has, when it is the same version still.</summary>
    public ValueObject FieldsOf((TableKey Table, InternalId Id) key, Document document) =>
        _fields.TryGetValue(key, out var known) && known.Json.Equals(document.Json) ? known.Fields : document.Fields;

    /// <summary>The keys of the documents that nobody changes, in an index of theirs: computed once for all worlds.</summary>
    public byte[][] BallastKeys(Engine.Tables.Index index)
    {
        lock (_ballastKeys)
        {
            if (!_ballastKeys.TryGetValue(index.Key, out var keys))
            {
                keys = [.. Ballast.Select(document => IndexKey.Encode(document.Fields, index.Fields))];
                Array.Sort(keys, static (left, right) => left.AsSpan().SequenceCompareTo(right));
                _ballastKeys.Add(index.Key, keys);
            }

            return keys;
        }
    }

    /// <summary>Workloads that begin with this image.</summary>
    public static Workload[] NewWorkloads() =>
    [
        new StockWorkload(), new BankWorkload(), new WriteSkewWorkload(), new ListAppendWorkload(), new PhantomWorkload(), new UniqueWorkload(), new LongForkWorkload(), new RestlessWorkload(), new RestlessWorkload("jumpy"),
    ];

    private async Task MakeAsync(Deployment deployment)
    {
        var database = deployment.Database;
        await CommitAsync(database, transaction =>
        {
            ClientTransaction.CreateTables(transaction);
            foreach (var name in new[] { "ran", "scratch", "ballast" })
            {
                var table = transaction.CreateTable("", name);
                if (name != "ballast") transaction.EnableIndex(transaction.CreateIndex(table, "by_token", [FieldPath.Parse("token")]));
            }

            return default;
        });

        var began = Recorder.Tick();
        ClientTransaction? first = null;
        await CommitAsync(database, async transaction =>
        {
            first = new(transaction, Recorder, CancellationToken.None);
            foreach (var workload in NewWorkloads()) await workload.PrepareAsync(first);
        });
        Recorder.Add("first", HistoryOutcome.Committed, began, first!.Operations);

        while (Ballast.Count < BallastDocuments)
        {
            await CommitAsync(database, async transaction =>
            {
                for (var i = 0; i < 650; i++)
                    Ballast.Add(await transaction.InsertAsync(transaction.FindTable("", "ballast")!, ValueObject.Create(("n", Value.Float64(Ballast.Count))), CancellationToken.None));
            });
        }
    }

    private static async Task CommitAsync(Database database, Func<Transaction, ValueTask> work)
    {
        var transaction = database.BeginWrite(TransactionLimits.None);
        await work(transaction);
        var made = await (await database.SubmitAsync(transaction, CancellationToken.None)).Published;
        if (made.Outcome != CommitOutcome.Committed) throw new InvalidOperationException($"The image could not be made: {made}.");
    }
}
