using Fresnel.Engine.Tables;
using Fresnel.Runtime.Jobs;
using Fresnel.Values;

namespace Fresnel.Simulation.Worlds;

/// <summary>What must happen once: jobs that were scheduled by a transaction that is in, occurrences of the cron, and requests of sessions however often they were sent.</summary>
internal sealed class Promises
{
    private readonly List<string> _answered = [];
    private readonly List<string> _scheduled = [];

    /// <summary>A request was answered: it has happened.</summary>
    public void Answered(string token) => _answered.Add(token);

    /// <summary>A transaction that schedules is in: it will happen.</summary>
    public void Scheduled(IEnumerable<string> tokens) => _scheduled.AddRange(tokens);

    /// <summary>The cron has gone on from an occurrence: that one has run.</summary>
    public void Ticked(string? tick)
    {
        if (tick is not null) _answered.Add(tick);
    }

    /// <summary>Looks at the documents when everything is done; returns how many jobs there were, and how many ticks.</summary>
    /// <exception cref="InvalidDataException">Something happened twice, or not at all.</exception>
    public (int Jobs, int Ticks) Check(Replica replica, Catalog catalog)
    {
        var ran = DocumentsOf("ran").CountBy(fields => fields["token"].AsString()).ToDictionary();
        var jobs = new HashSet<string>();
        foreach (var job in DocumentsOf("_scheduled_functions"))
        {
            var (token, state) = (job["args"].AsArray()[0].AsObject()["token"].AsString(), job["state"].AsObject()["kind"].AsString());
            if (!jobs.Add(token)) throw new InvalidDataException($"There are two jobs for {token}.");
            if (state != JobDocuments.Success || !ran.ContainsKey(token)) throw new InvalidDataException($"The job for {token} is {state}, and has run {ran.GetValueOrDefault(token)} times.");
        }

        if (ran.Keys.FirstOrDefault(token => token.StartsWith(WorldFunctions.Early, StringComparison.Ordinal)) is { } early) throw new InvalidDataException($"There was an {early}: it was not due yet.");
        if (ran.FirstOrDefault(one => one.Value > 1) is { Key: { } twice }) throw new InvalidDataException($"{twice} happened {ran[twice]} times.");
        if (_answered.Find(token => !ran.ContainsKey(token)) is { } lost) throw new InvalidDataException($"Request {lost} was answered, and nothing has come of it.");
        if (_scheduled.Find(token => !jobs.Contains(token)) is { } forgotten) throw new InvalidDataException($"A transaction that scheduled {forgotten} is in, and there is no such job.");
        return (jobs.Count, ran.Keys.Count(token => token.StartsWith("tick/", StringComparison.Ordinal)));

        IEnumerable<ValueObject> DocumentsOf(string name)
        {
            var table = catalog.Find("", name)!.Key;
            return replica.Documents.Where(document => document.Key.Table == table).Select(document => ValueJson.Parse(document.Value.Json.Span).AsObject());
        }
    }
}
