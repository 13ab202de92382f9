namespace Fresnel.Engine;

/// <summary>Waiting with an end, for code that runs on a scheduler which it was given.</summary>
public static class Waiting
{
    /// <summary>The task, or the end of the wait for it when the token is cancelled; the task itself goes on.</summary>
    /// <remarks><c>Task.WaitAsync</c> hops over the thread pool when the task's continuations run asynchronously. Here who waits goes on where it was, also under a test's scheduler.</remarks>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static Task OrCanceled(this Task task, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.IsCompleted || !cancellationToken.CanBeCanceled ? task : WaitAsync(task, cancellationToken);
    }

    /// <inheritdoc cref="OrCanceled(Task, CancellationToken)"/>
    public static Task<T> OrCanceled<T>(this Task<T> task, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        return task.IsCompleted || !cancellationToken.CanBeCanceled ? task : ResultAsync(task, cancellationToken);
    }

    private static async Task<T> ResultAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        await WaitAsync(task, cancellationToken);
        return await task;
    }

    private static async Task WaitAsync(Task task, CancellationToken cancellationToken)
    {
        // Whoever completes the task or cancels the token decides whether continuations run at once; nothing is added to that.
        var ended = new TaskCompletionSource();
        var registration = cancellationToken.UnsafeRegister(static ended => ((TaskCompletionSource)ended!).TrySetResult(), ended);
        _ = SignalAsync(task, ended);
        await ended.Task;
        registration.Unregister();
        if (!task.IsCompleted) throw new OperationCanceledException(cancellationToken);
        await task;
    }

    private static async Task SignalAsync(Task task, TaskCompletionSource ended)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        ended.TrySetResult();
    }
}
