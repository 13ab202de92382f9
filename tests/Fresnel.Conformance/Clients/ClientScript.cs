using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>A program in Node that uses the official npm clients. It asserts for itself, and prints a line where the test has to do something.</summary>
internal sealed class ClientScript : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _said = new();
    private readonly Task _reading;

    private ClientScript(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts a program in a project's folder, with the address and the key of a deployment, and the place of <c>tests/npm/clients</c>, in its environment.</summary>
    public static ClientScript Start(ConvexProject project, string text, string url, string adminKey)
    {
        var name = $"script-{Guid.NewGuid():N}.mjs";
        project.Write(name, text);
        var start = new ProcessStartInfo("node", [name])
        {
            WorkingDirectory = project.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["URL"] = url;
        start.Environment["ADMIN_KEY"] = adminKey;
        start.Environment["MODULES"] = $"{new Uri(Path.Combine(NpmPackages.Folder, "clients"))}/";
        return new(Process.Start(start)!);
    }

    /// <summary>Waits until the program prints this line.</summary>
    public async Task ExpectAsync(string line)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(Patience);
        try
        {
            await foreach (var printed in _lines.Reader.ReadAllAsync(deadline.Token))
            {
                if (printed == line) return;
            }
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            // Told below.
        }

        Assert.Fail($"The program did not print \"{line}\". It said:\n{Said}");
    }

    /// <summary>Says a line to the program.</summary>
    public async Task SayAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync(Token);
    }

    /// <summary>Waits until the program ends; it must be content.</summary>
    public async Task SucceedAsync()
    {
        try
        {
            await _process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The program did not end. It said:\n{Said}");
        }

        await _reading;
        Assert.True(_process.ExitCode == 0, $"The program ended with {_process.ExitCode}:\n{Said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_said) _said.AppendLine(line);
            _lines.Writer.TryWrite(line);
        }
    }
}
