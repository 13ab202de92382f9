using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>Runs functions later, from a mutation or an action.</summary>
/// <param name="run">The run.</param>
/// <param name="schedule">Takes path, Unix milliseconds and JSON arguments; returns the id of the job.</param>
/// <param name="cancel">Takes the id of a job.</param>
internal sealed class ClrScheduler(
    ClrInvocation run,
    Func<FunctionPath, double, ReadOnlyMemory<byte>, CancellationToken, ValueTask<string>> schedule,
    Func<string, CancellationToken, ValueTask<bool>> cancel) : FunctionScheduler
{
    /// <inheritdoc/>
    public override ValueTask<string> RunAfterAsync(TimeSpan delay, string function, ValueObject arguments, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return RunAtAsync(run.Now + delay, function, arguments, cancellationToken);
    }

    /// <inheritdoc/>
    public override ValueTask<string> RunAtAsync(DateTimeOffset moment, string function, ValueObject arguments, CancellationToken cancellationToken = default)
    {
        var path = FunctionAddress.Parse("scheduler.runAt", function);
        var milliseconds = (moment - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        return run.OutsideAsync(token => schedule(path, milliseconds, ValueJson.Write(arguments), token), cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask CancelAsync(string job, CancellationToken cancellationToken = default) =>
        await run.OutsideAsync(token => cancel(job, token), cancellationToken);
}
