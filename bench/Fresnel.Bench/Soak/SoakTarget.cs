namespace Fresnel.Bench.Soak;

/// <summary>A server that a soak works on.</summary>
/// <param name="Url">Where it is reached.</param>
/// <param name="ProcessId">The process, whose children are the workers.</param>
/// <param name="Data">Its data folder.</param>
/// <param name="PushAsync">Pushes <c>bench/soak</c> with this number in <c>version.ts</c>.</param>
internal sealed record SoakTarget(string Url, int ProcessId, string Data, Func<int, CancellationToken, Task> PushAsync);

/// <summary>How a soak is run.</summary>
/// <param name="Duration">For how long.</param>
/// <param name="Clients">Callers at once; each rests between its calls.</param>
/// <param name="KillEvery">How often a worker is killed.</param>
/// <param name="PushEvery">How often the app is pushed.</param>
/// <param name="SampleEvery">How often memory and handles are looked at.</param>
/// <param name="Seed">Decides what is called, and which worker is killed.</param>
internal sealed record SoakPlan(TimeSpan Duration, int Clients, TimeSpan KillEvery, TimeSpan PushEvery, TimeSpan SampleEvery, int Seed)
{
    /// <summary>How long each caller rests: a soak is not a load test.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromMilliseconds(40);
}
