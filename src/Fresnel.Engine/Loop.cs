namespace Fresnel.Engine;

/// <summary>Starts the engine's loops on the scheduler that they were given, so that a test can drive them.</summary>
internal static class Loop
{
    public static Task Start(TaskScheduler scheduler, Func<Task> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler).Unwrap();
}
