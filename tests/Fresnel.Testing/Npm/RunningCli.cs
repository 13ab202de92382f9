using System.Diagnostics;
using System.Text;

namespace Fresnel.Testing.Npm;

/// <summary>A run of the official CLI that goes on until it is disposed of.</summary>
public sealed class RunningCli : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly StringBuilder _said = new();
    private TaskCompletionSource _more = NewSignal();
    private int _heard;

    internal RunningCli(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until it says something, after whatever was waited for before.</summary>
    public async Task HearAsync(string text)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                var all = _said.ToString();
                if (all.IndexOf(text, _heard, StringComparison.Ordinal) is >= 0 and var at)
                {
                    _heard = at + text.Length;
                    return;
                }

                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"The CLI did not say \"{text}\". It said:\n{_said}");
            }
        }
    }

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        TaskCompletionSource more;
        lock (_gate)
        {
            _said.AppendLine(line);
            (more, _more) = (_more, NewSignal());
        }

        more.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
