using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>Runs functions later, once, on nobody's behalf. Source: <c>spec/function-runtime.md</c> §8.5.</summary>
public abstract class FunctionScheduler
{
    /// <summary>Runs a function after a while.</summary>
    /// <param name="delay">Not negative; up to about five years.</param>
    /// <param name="function">The function path of a mutation or action, e.g. <c>replies:generate</c>; internal ones are within reach.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The id of its job, a document of <c>_scheduled_functions</c>.</returns>
    /// <exception cref="DeveloperException">There is no such function, or a limit was reached.</exception>
    public abstract ValueTask<string> RunAfterAsync(TimeSpan delay, string function, ValueObject arguments, CancellationToken cancellationToken = default);

    /// <summary>Runs a function at a moment; at once when the moment is past.</summary>
    /// <inheritdoc cref="RunAfterAsync"/>
    public abstract ValueTask<string> RunAtAsync(DateTimeOffset moment, string function, ValueObject arguments, CancellationToken cancellationToken = default);

    /// <summary>Cancels a job that has not begun. One that has ended stays as it is.</summary>
    /// <exception cref="DeveloperException">It is not the id of a job.</exception>
    public abstract ValueTask CancelAsync(string job, CancellationToken cancellationToken = default);
}
