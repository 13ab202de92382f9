using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests.Live;

/// <summary>What sessions must show: a model of the data by commit timestamp, and what they did show. It knows nothing of trees, watches or rounds.</summary>
internal sealed class LiveHistory(Timestamp start)
{
    private readonly Lock _gate = new();
    private readonly List<(Timestamp At, int Number, string[] Tables)> _commits = [];
    private readonly List<Shown> _shown = [];

    /// <summary>Notes a commit; they may be told in any order.</summary>
    public void AddCommit(Timestamp at, int number, string[] tables)
    {
        lock (_gate) _commits.Add((at, number, tables));
    }

    /// <summary>Notes what a session shows behind a transition.</summary>
    public void AddTransition(int session, Timestamp at, IReadOnlyDictionary<uint, string> queries, IReadOnlyDictionary<uint, string> values)
    {
        lock (_gate) _shown.Add(new(session, at, queries.ToImmutableDictionary(), values.ToImmutableDictionary()));
    }

    /// <summary>Everything that is wrong with what was shown. The last thing that a session shows must be of the newest commit.</summary>
    public IEnumerable<string> Problems()
    {
        var states = new SortedList<Timestamp, ImmutableDictionary<string, ImmutableSortedSet<int>>> { { start, ImmutableDictionary<string, ImmutableSortedSet<int>>.Empty } };
        foreach (var (at, number, tables) in _commits.OrderBy(commit => commit.At))
            states.Add(at, tables.Aggregate(states.Values[^1], (state, table) => state.SetItem(table, state.GetValueOrDefault(table, []).Add(number))));

        foreach (var session in _shown.GroupBy(shown => shown.Session))
        {
            var before = start;
            foreach (var shown in session)
            {
                if (shown.At < before) yield return $"Session {session.Key} went from {before} back to {shown.At}.";
                before = shown.At;
                if (!shown.Queries.Keys.Order().SequenceEqual(shown.Values.Keys.Order()))
                    yield return $"Session {session.Key} shows queries {string.Join(' ', shown.Values.Keys.Order())} at {shown.At}, and asked for {string.Join(' ', shown.Queries.Keys.Order())}.";
                var state = states.Values[IndexAt(states.Keys, shown.At)];
                foreach (var (id, value) in shown.Values)
                {
                    if (shown.Queries.TryGetValue(id, out var tables) && ListOf(state, tables) is var expected && expected != value)
                        yield return $"Session {session.Key} shows {value} of {tables} at {shown.At}, and it was {expected}.";
                }
            }

            if (before < states.Keys[^1]) yield return $"Session {session.Key} never showed the newest commit: its last transition was at {before}, that at {states.Keys[^1]}.";
        }
    }

    private static string ListOf(ImmutableDictionary<string, ImmutableSortedSet<int>> state, string tables) =>
        string.Concat(tables.Split('+').Select(table => $"[{string.Join(',', state.GetValueOrDefault(table, []))}]"));

    /// <summary>The last of the sorted timestamps that is not after this one.</summary>
    private static int IndexAt(IList<Timestamp> timestamps, Timestamp at)
    {
        int low = 0, high = timestamps.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (timestamps[middle] <= at) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }

    private sealed record Shown(int Session, Timestamp At, ImmutableDictionary<uint, string> Queries, ImmutableDictionary<uint, string> Values);
}
