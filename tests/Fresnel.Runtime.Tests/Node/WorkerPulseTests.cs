using Fresnel.Runtime.Node;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.Node;

public sealed class WorkerPulseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly WorkerPulse _pulse;

    public WorkerPulseTests()
    {
        _pulse = new(_time);
        Assert.Equal(PulseState.Beating, Judge(used: TimeSpan.Zero));
    }

    [Fact]
    public void Silent_code_that_used_its_limit_of_the_processor_loops()
    {
        _time.Advance(Limit);
        Assert.Equal(PulseState.Beating, Judge(used: Limit * 0.9));
        Assert.Equal(PulseState.Loops, Judge(used: Limit));
    }

    [Fact]
    public void Silent_code_that_a_busy_machine_gave_a_tenth_of_it_loops_too_once_patience_is_over()
    {
        _time.Advance(Patience * 0.9);
        Assert.Equal(PulseState.Beating, Judge(used: Limit / 10));
        _time.Advance(Patience * 0.1);
        Assert.Equal(PulseState.Loops, Judge(used: Limit / 10));
    }

    [Fact]
    public void One_that_uses_nothing_of_the_processor_is_dead_once_patience_is_over()
    {
        _time.Advance(Patience * 0.9);
        Assert.Equal(PulseState.Beating, Judge(used: Limit / 100));
        _time.Advance(Patience * 0.1);
        Assert.Equal(PulseState.Dead, Judge(used: Limit / 100));
    }

    [Fact]
    public void One_that_was_stopped_is_dead_after_a_second()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(PulseState.Dead, Judge(used: TimeSpan.Zero, isStopped: true));
    }

    [Fact]
    public void One_that_is_heard_begins_anew()
    {
        _time.Advance(Patience);
        _pulse.Beat();
        Assert.Equal(PulseState.Beating, Judge(used: Limit * 2));
        Assert.Equal(PulseState.Beating, Judge(used: Limit * 2.9));
        Assert.Equal(PulseState.Loops, Judge(used: Limit * 3));
    }

    private PulseState Judge(TimeSpan used, bool isStopped = false) => _pulse.Judge(isWaitedFor: true, Limit, Patience, new ProcessLook(used, 0, isStopped));
}
