using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Clr;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Clr.ClrDeployment;

namespace Fresnel.Runtime.Tests.Clr;

public sealed class ClrTimeTests
{
    [Fact]
    public async Task A_query_that_waits_for_ever_ends_when_its_time_is_up()
    {
        await using var deployment = await StartAsync(new FunctionLimits { TotalTime = TimeSpan.FromMilliseconds(50) });

        var outcome = await deployment.QueryAsync("notes:waitForever");

        Assert.Equal("Function execution timed out (maximum duration: 0.05s)", outcome.Error!.Message);
    }

    [Fact]
    public async Task A_query_that_computed_for_too_long_fails_after_the_fact()
    {
        await using var deployment = await StartAsync(time: new LeapingTime(TimeSpan.FromSeconds(2)));

        var outcome = await deployment.QueryAsync("notes:look");

        Assert.Equal("Function execution timed out (maximum duration: 1s)", outcome.Error!.Message);
    }

    [Fact]
    public void Time_outside_is_not_time_of_the_function()
    {
        var meter = new UserTimeMeter(new LeapingTime(TimeSpan.FromSeconds(1)));

        meter.Leave();
        meter.Leave();
        meter.Return();
        var outside = meter.Elapsed;
        meter.Return();

        Assert.Equal(TimeSpan.FromSeconds(1), outside);
        Assert.Equal(TimeSpan.FromSeconds(2), meter.Elapsed);
    }

    [Fact]
    public async Task Time_stands_still_and_chance_is_chance()
    {
        await using var deployment = await StartAsync();

        var seen = ValueOf(await deployment.QueryAsync("notes:look")).AsArray().ToArray();

        Assert.NotEqual(seen[1], seen[2]);
        Assert.Equal("http://127.0.0.1:3210", seen[3]);
    }

    [Fact]
    public void The_same_seed_gives_the_same_numbers_and_whoever_looks_is_known()
    {
        var (first, second) = (Begin(seed: 7), Begin(seed: 7));

        Assert.False(first.ObservedTime);
        Assert.Equal(first.Random.NextDouble(), second.Random.NextDouble());
        Assert.NotEqual(first.Random.NextDouble(), Begin(seed: 8).Random.NextDouble());
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000), first.Now);
        Assert.True(first.ObservedTime);
    }

    private static ClrInvocation Begin(byte seed)
    {
        var path = new FunctionPath("m", "f");
        var function = new FunctionDefinition(path, FunctionKind.Query, FunctionVisibility.Public, ModuleEnvironment.Clr, Validator.Any, null);
        var code = new ComponentCode("", "", new ModuleSet("", [], new ImportPhase(default, 0)), new Dictionary<FunctionPath, FunctionDefinition>(), new Dictionary<string, string>());
        var seeds = new byte[32];
        Array.Fill(seeds, seed);
        var invocation = new Invocation
        {
            Function = function,
            Code = code,
            Arguments = default,
            InvocationId = "1",
            StartMilliseconds = 1_700_000_000_000,
            Seed = seeds,
            Scope = null!,
        };
        return new ClrInvocation(invocation, TimeProvider.System, isDeterministic: true, CancellationToken.None);
    }

    /// <summary>A clock that leaps ahead at each look.</summary>
    private sealed class LeapingTime(TimeSpan leap) : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * leap.Ticks;
    }
}
