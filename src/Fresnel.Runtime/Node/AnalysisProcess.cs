using System.Text.Json;
using Fresnel.Engine;

namespace Fresnel.Runtime.Node;

/// <summary>A worker process for one look into bundles. It ends afterwards, so that nothing it imported stays.</summary>
internal static class AnalysisProcess
{
    /// <summary>How long importing and looking may take, all modules together.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(60);

    /// <summary>Runs a task. A process that ends without a word is started once more: looking into bundles changes nothing, and somebody may have ended it.</summary>
    /// <returns><c>{result}</c> or <c>{failure}</c>, as <c>worker/analyst.mjs</c> answers.</returns>
    /// <exception cref="NodeUnavailableException">Node does not run.</exception>
    /// <exception cref="TimeoutException">The modules did not finish importing.</exception>
    public static async Task<JsonDocument> RunAsync(DeploymentOptions options, WorkerFiles files, byte[] setup, byte[] task, CancellationToken cancellationToken)
    {
        try
        {
            return await RunOnceAsync(options, files, setup, task, cancellationToken);
        }
        catch (ProcessLostException)
        {
            // Once more.
        }

        try
        {
            return await RunOnceAsync(options, files, setup, task, cancellationToken);
        }
        catch (ProcessLostException lost)
        {
            throw new InvalidDataException(lost.Message);
        }
    }

    private static async Task<JsonDocument> RunOnceAsync(DeploymentOptions options, WorkerFiles files, byte[] setup, byte[] task, CancellationToken cancellationToken)
    {
        using var rendezvous = new Rendezvous(options.Entropy);
        using var process = WorkerProcess.Start(NodeExecutable.Locate(options.NodePath), files.Program, options.Limits.ActionMemory, rendezvous);
        using var late = new CancellationTokenSource(MostTime, options.Time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await AskAsync(rendezvous, process, setup, task, giveUp.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Importing the modules took longer than {MostTime.TotalSeconds:0} seconds.");
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<JsonDocument> AskAsync(Rendezvous rendezvous, WorkerProcess process, byte[] setup, byte[] task, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<JsonDocument>(TaskCreationOptions.RunContinuationsAsynchronously);
        var exit = process.WaitForExitAsync(cancellationToken);
        var accept = rendezvous.AcceptAsync(cancellationToken);
        if (await Task.WhenAny(accept, exit) == exit)
        {
            await exit;
            process.WaitForExit(TimeSpan.FromSeconds(2));
            throw process.LastWords.Length == 0
                ? new ProcessLostException("The process that should import the modules was ended while it started.")
                : new NodeUnavailableException($"A Node.js worker did not start. It said: {process.LastWords}");
        }

        WorkerLink? link = null;
        bool Take(Frame frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.Hello when WorkerMessages.ReadHello(frame.Payload) == rendezvous.Token:
                    link!.Append(FrameKind.Setup, 0, setup);
                    link.Append(FrameKind.Analyze, 0, task);
                    return true;
                case FrameKind.Analysis:
                    answer.TrySetResult(JsonDocument.Parse(frame.Payload));
                    return true;
                default:
                    return false;
            }
        }

        void Closed(Exception? fault)
        {
            if (fault is not null) answer.TrySetException(fault);
            process.WaitForExit(TimeSpan.FromSeconds(2));
            answer.TrySetException(process.RanOutOfMemory
                ? new InvalidDataException("The modules used too much memory while they were imported.")
                : new ProcessLostException("The process that imported the modules ended unexpectedly."));
        }

        using (link = new WorkerLink(await accept, "fresnel analysis", Take, static () => { }, Closed))
        {
            link.Start();
            return await answer.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>It ended, and did not say why.</summary>
    private sealed class ProcessLostException(string message) : IOException(message);
}
