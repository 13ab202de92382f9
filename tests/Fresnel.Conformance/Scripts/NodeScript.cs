using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Fresnel.Testing.Hosts;
using Fresnel.Testing.Npm;

namespace Fresnel.Conformance.Scripts;

/// <summary>A script of <c>tests/npm</c> that a test drives: it tells events as lines of JSON, and hears commands likewise.</summary>
internal sealed class NodeScript : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<JsonElement> _events = Channel.CreateUnbounded<JsonElement>();
    private readonly StringBuilder _errors = new();

    private NodeScript(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, e) =>
        {
            lock (_errors) _errors.AppendLine(e.Data);
        };
        process.BeginErrorReadLine();
        _ = ReadAsync();
    }

    private string Errors
    {
        get
        {
            lock (_errors) return _errors.ToString();
        }
    }

    /// <summary>Starts a script.</summary>
    /// <param name="path">Its place in <c>tests/npm</c>, e.g. <c>chat/viewer.mjs</c>.</param>
    /// <param name="arguments">What it is told.</param>
    public static async Task<NodeScript> StartAsync(string path, params string[] arguments)
    {
        await NpmPackages.EnsureInstalledAsync();
        return new NodeScript(Process.Start(new ProcessStartInfo(Executable.Find("node"), [Path.Combine(NpmPackages.Folder, path), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    /// <summary>Sends a command.</summary>
    public async Task SayAsync(object command)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command));
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The next event, whatever it is.</summary>
    public async Task<JsonElement> NextAsync(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            return await _events.Reader.ReadAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The script told nothing for {patience}. Its errors:\n{Errors}");
        }
        catch (ChannelClosedException)
        {
            throw new InvalidOperationException($"The script ended:\n{Errors}");
        }
    }

    /// <summary>The next event with this name; others before it are passed to <paramref name="meanwhile"/>.</summary>
    public async Task<JsonElement> NextAsync(string name, TimeSpan patience, Action<JsonElement>? meanwhile = null)
    {
        while (true)
        {
            var next = await NextAsync(patience);
            if (NameOf(next) == name) return next;
            meanwhile?.Invoke(next);
        }
    }

    /// <summary>Events that have been told and not been looked at.</summary>
    public bool TryNext(out JsonElement next) => _events.Reader.TryRead(out next);

    /// <summary>The name of an event.</summary>
    public static string NameOf(JsonElement told) => told.GetProperty("event").GetString()!;

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line) _events.Writer.TryWrite(JsonDocument.Parse(line).RootElement);
            _events.Writer.Complete();
        }
        catch (Exception e)
        {
            // Whoever waits for the next event is told.
            _events.Writer.Complete(e);
        }
    }
}
