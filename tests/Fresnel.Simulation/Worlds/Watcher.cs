using Fresnel.Runtime.Live;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>A client that watches queries over one session of Live, and shows what its transitions say.</summary>
internal sealed class Watcher(string who, World world, Life life, Random random)
{
    private const int Queries = 4;
    private readonly SortedDictionary<uint, (WatchedQuery Query, string? Text)> _shown = [];
    private LiveSession? _session;
    private uint _version, _nextId;

    /// <summary>The snapshot that it shows.</summary>
    public Timestamp At { get; private set; }

    /// <summary>Asks for a transition as new as this, as a client does whose mutation was answered.</summary>
    public void Require(Timestamp atLeast) => _session?.RequireTransition(atLeast);

    /// <summary>Watches until the life ends.</summary>
    public async Task RunAsync()
    {
        await Task.Yield();
        while (!life.IsOver)
        {
            try
            {
                using var session = life.Deployment.Live.OpenSession();
                _session = session;
                await WatchAsync(session);
            }
            catch (LiveQueryFaultException)
            {
                // A page could not be read: its socket is closed, and it comes again.
                world.Counts.LiveFaults++;
            }
            catch (OperationCanceledException) when (life.IsOver)
            {
                return;
            }
            catch (Exception exception) when (life.IsOver && exception is not InvalidDataException)
            {
                return;
            }
        }
    }

    private async Task WatchAsync(LiveSession session)
    {
        (_version, At) = (0, Timestamp.Zero);
        _shown.Clear();
        Change(session, removes: false, adds: Queries);
        while (true)
        {
            var transition = await session.NextAsync(life.Stopping);
            if (transition.Timestamp < At) throw new InvalidDataException($"{who} was taken back from {At} to {transition.Timestamp}.");
            At = transition.Timestamp;
            foreach (var modification in transition.Modifications) Show(modification);
            foreach (var (_, (query, text)) in _shown)
            {
                if (text is null) throw new InvalidDataException($"{who} was not told of {query.Text} as of {At}.");
            }

            world.Counts.Transitions++;
            world.Course.Note(At.Nanoseconds);
            world.Ledger.Shown(who, At, [.. _shown.Values.Select(shown => (shown.Query, shown.Text!))]);
            if (random.Next(3) == 0) await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 20)), world.Time);
            if (random.Next(5) == 0) Change(session, removes: true, adds: 1);
        }
    }

    private void Show(LiveModification modification)
    {
        if (modification.Outcome is not { } outcome) return;
        if (outcome.Error is { } error) throw new InvalidDataException($"{who} was shown an error: {error.FullText}");
        if (_shown.TryGetValue(modification.QueryId, out var shown)) _shown[modification.QueryId] = (shown.Query, ValueJson.Parse(outcome.Value.Span).AsString());
    }

    private void Change(LiveSession session, bool removes, int adds)
    {
        var changes = new List<LiveQueryChange>();
        if (removes)
        {
            var gone = _shown.Keys.ElementAt(random.Next(_shown.Count));
            _shown.Remove(gone);
            changes.Add(new(gone, null));
        }

        for (; adds > 0; adds--)
        {
            var query = WatchedQuery.Choose(random);
            _shown.Add(_nextId, (query, null));
            changes.Add(new(_nextId++, WorldFunctions.Call(WorldFunctions.Watch, "query", query.Text)));
        }

        session.ChangeQueries(++_version, changes);
    }
}
