using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Fresnel.Runtime.Node;

/// <summary>A Node process. It sees none of this process's environment beyond what Node itself needs.</summary>
internal sealed class WorkerProcess : IDisposable
{
    /// <summary>What Node needs to find programs, certificates and temporary folders.</summary>
    private static readonly string[] Inherited =
        ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "SystemRoot", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>Characters of its error output that are kept, to tell why it died.</summary>
    private const int KeptCharacters = 8 * 1024;

    private readonly Process _process;
    private readonly StringBuilder _lastWords = new();
    private Task _listening = Task.CompletedTask;

    private WorkerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>How it is now.</summary>
    public ProcessLook Look() => ProcessLook.At(_process);

    /// <summary>What it wrote to its error output last.</summary>
    public string LastWords
    {
        get
        {
            lock (_lastWords) return _lastWords.ToString().Trim();
        }
    }

    /// <summary>Whether it ended because its heap was full.</summary>
    public bool RanOutOfMemory => LastWords.Contains("JavaScript heap out of memory", StringComparison.Ordinal);

    /// <exception cref="NodeUnavailableException">It does not start.</exception>
    public static WorkerProcess Start(string node, string program, int memoryMegabytes, Rendezvous rendezvous)
    {
        var start = new ProcessStartInfo(node)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = Path.GetDirectoryName(program),
            ArgumentList = { $"--max-old-space-size={memoryMegabytes}", "--no-warnings", "--experimental-vm-modules", program },
        };
        var inherited = Inherited.Select(name => (name, value: start.Environment.TryGetValue(name, out var value) ? value : null)).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in inherited)
        {
            if (value is not null) start.Environment[name] = value;
        }

        start.Environment["TZ"] = "UTC";
        // What numbers and dates look like must not depend on the machine.
        start.Environment["LC_ALL"] = "en_US.UTF-8";
        start.Environment["FRESNEL_LINK"] = rendezvous.Address;
        start.Environment["FRESNEL_TOKEN"] = rendezvous.Token;
        try
        {
            var worker = new WorkerProcess(DependentProcess.Start(start));
            worker.Listen();
            return worker;
        }
        catch (Win32Exception failure)
        {
            throw new NodeUnavailableException($"Node.js ({node}) does not start: {failure.Message}", failure);
        }
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Waits for the end, its last words included, and says whether it came.</summary>
    public bool WaitForExit(TimeSpan most)
    {
        try
        {
            if (!_process.WaitForExit(most)) return false;
            return _listening.Wait(most);
        }
        catch (InvalidOperationException)
        {
            // It was disposed of meanwhile, which comes after its end.
        }

        return true;
    }

    /// <summary>Ends it, with all that it started.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: ProcessLook.MayHaveChildren(_process));
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    public void Dispose() => _process.Dispose();

    /// <summary>What it prints must be read, lest it wait for us. By pieces and not by lines: functions that print words as they come end no line.</summary>
    private void Listen()
    {
        _listening = Task.WhenAll(UntilClosedAsync(KeepAsync(_process.StandardError)), UntilClosedAsync(_process.StandardOutput.BaseStream.CopyToAsync(Stream.Null)));
        _process.StandardInput.Close();
    }

    private static async Task UntilClosedAsync(Task reading)
    {
        try
        {
            await reading;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // It was disposed of, which comes after its end.
        }
    }

    private async Task KeepAsync(StreamReader errors)
    {
        var piece = new char[1024];
        while (await errors.ReadAsync(piece) is > 0 and var count)
        {
            lock (_lastWords)
            {
                _lastWords.Append(piece, 0, count);
                if (_lastWords.Length > 2 * KeptCharacters) _lastWords.Remove(0, _lastWords.Length - KeptCharacters);
            }
        }
    }
}
