using static Fresnel.Simulation.Histories.DependencyKind;

namespace Fresnel.Simulation.Histories;

/// <summary>A register. Its versions are ordered as the history says; else by who read one before writing the next, and by writes that were asked for after another was answered.</summary>
/// <remarks>Without an order given, two writes at the same time by transactions that read nothing stay unordered: a cycle through them is not found.</remarks>
internal sealed class RegisterHistory(string key, long[]? order) : KeyHistory(key)
{
    /// <summary>Writers that are named one by one where a waypoint would name the reader too; more of them are not at work at once.</summary>
    private const int MostNamed = 64;

    private readonly List<(int Reader, long? Version)> _readings = [];
    private readonly Dictionary<long, List<int>> _followers = [];
    private int _current = -1;
    private bool _isKnown, _hasWritten;
    private long? _value;

    public override void Add(int transaction, Operation operation, Findings findings)
    {
        if (transaction != _current) (_current, _isKnown, _hasWritten) = (transaction, false, false);
        var counts = findings[transaction].Outcome == HistoryOutcome.Committed;
        if (operation is Write write)
        {
            Wrote(transaction, write.Value);
            if (counts && _isKnown && !_hasWritten && _value is { } version) Follow(version, transaction);
            (_isKnown, _hasWritten, _value) = (true, true, write.Value);
        }
        else if (counts)
        {
            var read = (Read)operation;
            if (_isKnown && _value != read.Value) ReportInternal(transaction, operation, $"{_value?.ToString() ?? "nothing"}", findings);
            else if (!_isKnown)
            {
                (_isKnown, _value) = (true, read.Value);
                _readings.Add((transaction, read.Value));
            }
        }
    }

    public override void MarkSeen(Findings findings) => MarkSeen(_readings.Where(reading => reading.Version is not null).Select(reading => reading.Version!.Value), findings);

    public override void Connect(Findings findings)
    {
        List<(int Reader, long? Version)> sound = [];
        foreach (var (reader, version) in _readings)
        {
            if (version is { } value)
            {
                if (!MayBeRead(reader, value, findings)) continue;
                RequireFinal(reader, value, findings);
                findings.Graph.Add(Writers[value], reader, WriteRead, Key);
            }

            sound.Add((reader, version));
        }

        if (order is not null) ConnectAsTold(sound, order, findings);
        else ConnectAsInferred(sound, findings);
    }

    private void ConnectAsTold(List<(int Reader, long? Version)> readings, long[] versions, Findings findings)
    {
        (int Writer, long Value)[] known = [.. versions.Where(Writers.ContainsKey).Select(value => (Writers[value], value)).Where(version => findings.IsIn(version.Item1))];
        var places = known.Select((version, place) => (version.Value, place)).ToDictionary(one => one.Value, one => one.place);
        for (var i = 1; i < known.Length; i++) findings.Graph.Add(known[i - 1].Writer, known[i].Writer, WriteWrite, Key);
        foreach (var (reader, version) in readings)
        {
            var next = version is { } value ? places[value] + 1 : 0;
            if (next < known.Length) findings.Graph.Add(reader, known[next].Writer, ReadWrite, Key);
        }
    }

    private void ConnectAsInferred(List<(int Reader, long? Version)> readings, Findings findings)
    {
        foreach (var (version, followers) in _followers)
        {
            if (!Writers.TryGetValue(version, out var writer) || !findings.IsIn(writer)) continue;
            foreach (var follower in followers) findings.Graph.Add(writer, follower, WriteWrite, Key);
        }

        int[] writers = [.. Writers.Values.Distinct().Where(findings.IsIn).OrderBy(writer => findings[writer].Began)];
        var places = new Dictionary<int, int>();
        for (var i = 0; i < writers.Length; i++) places.Add(writers[i], i);
        var from = WaypointsToAllFrom(writers, findings);
        foreach (var (reader, version) in readings)
        {
            if (version is { } value)
            {
                foreach (var follower in _followers.GetValueOrDefault(value, [])) findings.Graph.Add(reader, follower, ReadWrite, Key);
            }

            // Behind what was there at first stand all writers; behind another version at least those who began after its writer was answered.
            var first = version is { } known ? FirstAfter(findings[Writers[known]].Answered, writers, findings) : 0;
            if (places.TryGetValue(reader, out var own) && own >= first)
            {
                for (var i = first; i < own && i < first + MostNamed; i++) findings.Graph.Add(reader, writers[i], ReadWrite, Key);
                first = own + 1;
            }

            if (first < writers.Length) findings.Graph.Add(reader, from[first], ReadWrite, Key);
        }
    }

    /// <summary>Waypoints, each of which leads to a writer and to the next waypoint.</summary>
    private static int[] WaypointsToAllFrom(int[] writers, Findings findings)
    {
        var waypoints = new int[writers.Length];
        for (var i = writers.Length - 1; i >= 0; i--)
        {
            waypoints[i] = findings.Graph.AddWaypoint();
            findings.Graph.Add(waypoints[i], writers[i], Through);
            if (i + 1 < writers.Length) findings.Graph.Add(waypoints[i], waypoints[i + 1], Through);
        }

        return waypoints;
    }

    private static int FirstAfter(long answered, int[] writers, Findings findings)
    {
        var (low, high) = (0, writers.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (findings[writers[middle]].Began > answered) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private void Follow(long version, int transaction)
    {
        if (!_followers.TryGetValue(version, out var followers)) _followers.Add(version, followers = []);
        followers.Add(transaction);
    }
}
