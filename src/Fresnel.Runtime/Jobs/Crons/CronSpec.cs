using System.Text;
using Fresnel.Runtime.Node;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs.Crons;

/// <summary>What a cron runs and when: the <c>cronSpec</c> of its document.</summary>
/// <param name="Function">Its path in canonical form: <c>messages.js:sweep</c>.</param>
/// <param name="Arguments">UTF-8 JSON: the array of positional arguments.</param>
/// <param name="Schedule">The <c>cronSchedule</c> in the stored form of <c>spec/deploy-api.md</c> §5.6.</param>
internal sealed record CronSpec(string Function, ReadOnlyMemory<byte> Arguments, ValueObject Schedule)
{
    /// <summary>Takes what the analysis of <c>crons.js</c> found.</summary>
    public static CronSpec From(AnalyzedCron cron) =>
        new(cron.Function.Canonical, Encoding.UTF8.GetBytes(cron.ArgumentsJson), ValueJson.Parse(Encoding.UTF8.GetBytes(cron.ScheduleJson)).AsObject());

    /// <summary>Reads it back.</summary>
    public static CronSpec From(ValueObject stored) => new(stored["udfPath"].AsString(), stored["udfArgs"].AsBytes(), stored["cronSchedule"].AsObject());

    /// <summary>As its document has it; equal when nothing changed.</summary>
    public ValueObject ToStored() => ValueObject.Create(("udfPath", Function), ("udfArgs", Value.Bytes(Arguments)), ("cronSchedule", Schedule));
}
