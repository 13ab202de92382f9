using Fresnel.Engine.Log;
using Fresnel.Simulation.Histories;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>What was shown to somebody, with the place in the order at which it must have been so. Checked by going through the log once.</summary>
internal sealed class Ledger
{
    private readonly List<Entry> _entries = [];

    /// <summary>A transaction was answered.</summary>
    /// <param name="who">The client, for a person.</param>
    /// <param name="at">Its commit, or the snapshot that it read when it wrote nothing.</param>
    /// <param name="wrote">Whether it wrote.</param>
    /// <param name="operations">What it did and was shown.</param>
    public void Answered(string who, Timestamp at, bool wrote, IReadOnlyList<Operation> operations) => _entries.Add(new(who, at, wrote, operations, null));

    /// <summary>A session shows all its queries as of a transition.</summary>
    public void Shown(string who, Timestamp at, IReadOnlyList<(WatchedQuery Query, string Text)> shown) => _entries.Add(new(who, at, false, [], shown));

    /// <summary>Applies the log to a replica and looks at each entry in its place.</summary>
    /// <exception cref="InvalidDataException">Something was shown that was not so.</exception>
    public void Check(IReadOnlyList<ReadOnlyMemory<byte>> log, Replica replica)
    {
        // Whoever wrote is looked at before its commit is applied; whoever read, before the first commit behind its snapshot is.
        var entries = new Queue<Entry>(_entries.OrderBy(entry => entry.At).ThenBy(entry => entry.Wrote ? 0 : 1));
        _entries.Clear();
        replica.Apply(log, commit => CheckBefore(commit, entries, replica));
        while (entries.TryDequeue(out var entry)) Check(entry, replica);
    }

    private static void CheckBefore(LoggedCommit commit, Queue<Entry> entries, Replica replica)
    {
        while (entries.TryPeek(out var next) && next.At < commit.Timestamp) Check(entries.Dequeue(), replica);
        while (entries.TryPeek(out var own) && own.At == commit.Timestamp && own.Wrote) new OwnView(replica, entries.Dequeue()).Check();
    }

    private static void Check(Entry entry, Replica replica)
    {
        if (entry.Wrote) throw new InvalidDataException($"{entry.Who} was told that it is in as {entry.At}, and the log has no such commit: {string.Join(' ', entry.Operations)}");
        if (entry.Shown is null) new OwnView(replica, entry).Check();
        foreach (var (query, text) in entry.Shown ?? [])
        {
            var expected = query.Evaluate(replica);
            if (text != expected) throw new InvalidDataException($"{entry.Who} shows at {entry.At} for {query.Text}:\n  {text}\nwhere the log says\n  {expected}");
        }
    }

    private sealed record Entry(string Who, Timestamp At, bool Wrote, IReadOnlyList<Operation> Operations, IReadOnlyList<(WatchedQuery Query, string Text)>? Shown);

    /// <summary>The replica as one transaction sees it: with its own writes.</summary>
    private sealed class OwnView(Replica replica, Entry entry)
    {
        private readonly Dictionary<string, List<long>> _own = [];

        public void Check()
        {
            foreach (var operation in entry.Operations)
            {
                switch (operation)
                {
                    case Append(var key, var value):
                        Own(key).Add(value);
                        break;
                    case Write(var key, var value):
                        Own(key).Add(value);
                        break;
                    case AddRow(var key, var value):
                        Own(key).Add(value);
                        break;
                    case ReadList(var key, var values):
                        Require(operation, values, [.. replica.List(key), .. Own(key)]);
                        break;
                    case Read(var key, var value):
                        var version = Own(key) is [.., var last] ? last : replica.Register(key);
                        Require(operation, value is { } shown ? [shown] : [], version is { } expected ? [expected] : []);
                        break;
                    case ReadRows(var key, var values):
                        Require(operation, [.. values.Order()], [.. replica.Rows(key).Union(Own(key))]);
                        break;
                    default:
                        throw new InvalidOperationException(operation.ToString());
                }
            }
        }

        private List<long> Own(string key)
        {
            if (!_own.TryGetValue(key, out var own)) _own.Add(key, own = []);
            return own;
        }

        private void Require(Operation operation, long[] shown, long[] expected)
        {
            if (!shown.AsSpan().SequenceEqual(expected))
                throw new InvalidDataException($"{entry.Who} was shown {operation} at {entry.At}, where the log says {string.Join(',', expected)}: {string.Join(' ', entry.Operations)}");
        }
    }
}
