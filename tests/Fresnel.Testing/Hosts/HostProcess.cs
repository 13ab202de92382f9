using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fresnel.Testing.Hosts;

/// <summary>A server of this repository as a real process on free ports: started, killed, started again on the same data.</summary>
/// <remarks>Every wait is bounded, and a failure shows what the process said.</remarks>
public sealed partial class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);
    private readonly HostOptions _options;
    private readonly Process _process;
    private readonly ProcessOutput _output;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _keepData;

    private HostProcess(HostOptions options)
    {
        Data = options.Data ?? Path.Combine(Path.GetTempPath(), $"fresnel-test-{Path.GetRandomFileName()}");
        _options = options with { Data = Data };
        _keepData = options.Data is not null;
        _process = new Process { StartInfo = StartInfo(_options), EnableRaisingEvents = true };
        _output = new ProcessOutput(_process, Hear);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("It ended before it was ready."));
    }

    /// <summary>Where clients and the CLI reach it: the address that it printed.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Where its HTTP actions are reached.</summary>
    public string SiteUrl { get; private set; } = "";

    /// <summary>The admin key that it printed.</summary>
    public string AdminKey { get; private set; } = "";

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>What it has said so far; lines of standard error begin with <c>!</c>.</summary>
    public string Output => _output.Text;

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a host and waits until it says that it is ready.</summary>
    public static async Task<HostProcess> StartAsync(HostOptions? options = null)
    {
        var host = new HostProcess(options ?? new HostOptions());
        await host.RunAsync();
        return host;
    }

    /// <summary>Runs a host that is expected to end by itself, <c>keygen</c> or a start that fails for one.</summary>
    public static async Task<FinishedHost> RunToEndAsync(HostProgram program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, TimeSpan? patience = null)
    {
        using var process = Process.Start(StartInfo(program, arguments, environment ?? new Dictionary<string, string?>()))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(patience ?? TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program.Name} did not end. It said:\n{await output}{await errors}");
        }

        return new(process.ExitCode, await output, await errors);
    }

    /// <summary>Ends the process the hard way (SIGKILL): no handler runs, nothing is flushed. Its workers are left to notice by themselves.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>Asks the process to end (SIGTERM) and returns its exit code.</summary>
    public async Task<int> StopAsync()
    {
        const int Terminate = 15;
        if (SendSignal(_process.Id, Terminate) != 0) throw new InvalidOperationException($"{_options.Program.Name} cannot be asked to end.");
        await ExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Starts it again after it ended, on the same data and the same ports.</summary>
    public async Task<HostProcess> RestartAsync()
    {
        if (!_process.HasExited) throw new InvalidOperationException("It is still running.");
        var next = new HostProcess(_options with { Port = new Uri(Url).Port, SitePort = new Uri(SiteUrl).Port }) { _keepData = _keepData };
        _keepData = true;
        await next.RunAsync();
        return next;
    }

    /// <summary>Ends it if it still runs, and deletes its data unless the test named the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await ExitAsync();
        }

        _process.Dispose();
        if (!_keepData && Directory.Exists(Data)) Directory.Delete(Data, recursive: true);
    }

    private async Task RunAsync()
    {
        if (!File.Exists(_options.Program.Library)) throw new FileNotFoundException($"{_options.Program.Library} is not built.");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            await _ready.Task.WaitAsync(_options.Patience);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            await ExitAsync();
            throw new InvalidOperationException($"{_options.Program.Name} did not get ready: {e.Message} It said:\n{Output}", e);
        }
    }

    /// <summary>Waits for the end, and for the last words.</summary>
    private Task ExitAsync() => _process.WaitForExitAsync().WaitAsync(StopPatience);

    private void Hear(string line)
    {
        Url = After(line, "CONVEX_SELF_HOSTED_URL=") ?? Url;
        AdminKey = After(line, "CONVEX_SELF_HOSTED_ADMIN_KEY=") ?? AdminKey;
        SiteUrl = After(line, "HTTP actions on ") ?? SiteUrl;
        if (line.StartsWith("Ready", StringComparison.Ordinal)) _ready.TrySetResult();
    }

    private static string? After(string line, string mark) =>
        line.IndexOf(mark, StringComparison.Ordinal) is >= 0 and var at ? line[(at + mark.Length)..].Trim(' ', '\'', '"') : null;

    private static ProcessStartInfo StartInfo(HostOptions options) => StartInfo(
        options.Program,
        ["--data", options.Data!, "--port", $"{options.Port}", "--site-port", $"{options.SitePort}", .. options.Arguments],
        options.Environment);

    private static ProcessStartInfo StartInfo(HostProgram program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(Executable.Find("dotnet"), [program.Library, .. arguments])
        {
            WorkingDirectory = program.WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What the test runner or a developer's shell says about an instance must not reach the one under test.
        foreach (var name in (string[])["INSTANCE_NAME", "INSTANCE_SECRET", "FRESNEL_ADMIN_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"]) start.Environment.Remove(name);

        // It lives for seconds: instrumented code would be paid for and never repaid.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        return start;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
