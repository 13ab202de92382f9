using Fresnel.Engine.Commits;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Engine.Turns;

/// <summary>A place in the line for a key.</summary>
internal sealed class Turn(TurnLines lines, WrittenKey key)
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is first in line.</summary>
    public Task Ready => _ready.Task;

    /// <summary>The key that was lost on.</summary>
    public WrittenKey Key => key;

    /// <summary>Lets the next one come, or leaves the line.</summary>
    public void End() => lines.Leave(this);

    internal void Begin() => _ready.TrySetResult();
}

/// <summary>The lines for keys that somebody lost on: first come, first served.</summary>
/// <remarks>Bounded by the invocations that may run at once: each stands in one line at most.</remarks>
internal sealed class TurnLines(ContentionCounters counters)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<WrittenKey, LinkedList<Turn>> _lines = [];

    /// <summary>Joins the line for a key.</summary>
    public Turn Enter(WrittenKey key)
    {
        var turn = new Turn(this, key);
        lock (_gate)
        {
            if (!_lines.TryGetValue(key, out var line)) _lines.Add(key, line = []);
            line.AddLast(turn);
            counters.CountTurn(waits: line.Count > 1);
            if (line.Count == 1) turn.Begin();
        }

        return turn;
    }

    /// <summary>What a commit would write although somebody has a turn at it: it would make that one lose. Null when there is nothing.</summary>
    public Conflict? FindHeld(PreparedCommit commit)
    {
        // Without a lock: a line that begins just now may be missed, which costs its first a run.
        if (_lines.Count == 0) return null;
        lock (_gate)
        {
            foreach (var write in commit.Writes)
            {
                if (IsHeld(write.Table.ById.Key, write.IdKey, out var held)) return new(write.Table.Name, write.Id) { Key = held };
                foreach (var change in write.Changes)
                {
                    if (change.Before is not null && IsHeld(change.Index.Key, change.Before, out held)) return new(write.Table.Name, write.Id) { Key = held };
                    if (change.After is not null && change.Moves && IsHeld(change.Index.Key, change.After, out held)) return new(write.Table.Name, write.Id) { Key = held };
                }
            }
        }

        return null;
    }

    /// <summary>Whether nobody stands in any line. Looked at without a lock: a line that begins just now may be missed, which costs a run.</summary>
    public bool IsEmpty => _lines.Count == 0;

    /// <summary>Whether somebody has a turn at a key.</summary>
    public bool IsHeld(WrittenKey key)
    {
        lock (_gate) return _lines.ContainsKey(key);
    }

    /// <summary>The key in an interval of an index at which somebody has a turn; null when there is none, or more than one.</summary>
    public WrittenKey? FindHeld(IndexKeyId index, KeyInterval interval)
    {
        if (IsEmpty) return null;
        WrittenKey? found = null;
        lock (_gate)
        {
            foreach (var key in _lines.Keys)
            {
                if (key.Index != index || !interval.Contains(key.Key)) continue;
                if (found is not null) return null;
                found = key;
            }
        }

        return found;
    }

    /// <summary>Adds the keys inside a read set at which somebody has a turn.</summary>
    public void FindHeld(ReadSet reads, ISet<WrittenKey> into)
    {
        lock (_gate)
        {
            foreach (var key in _lines.Keys)
            {
                if (reads.Contains(key.Index, key.Key)) into.Add(key);
            }
        }
    }

    /// <summary>Leaves the line, from the front or from anywhere else.</summary>
    public void Leave(Turn turn)
    {
        lock (_gate)
        {
            if (!_lines.TryGetValue(turn.Key, out var line) || !line.Remove(turn)) return;
            if (line.First is { } next) next.Value.Begin();
            else _lines.Remove(turn.Key);
        }
    }

    private bool IsHeld(IndexKeyId index, byte[] key, out WrittenKey held)
    {
        held = new(index, key);
        return _lines.ContainsKey(held);
    }
}
