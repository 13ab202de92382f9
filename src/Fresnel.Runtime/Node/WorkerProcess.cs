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

    /// <summary>Lines of its error output that are kept, to tell why it died.</summary>
    private const int KeptLines = 40;

    private readonly Process _process;
    private readonly Queue<string> _lastWords = new();

    private WorkerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Processor time that it used so far; the last known one after its end.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            try
            {
                _process.Refresh();
                return field = _process.TotalProcessorTime;
            }
            catch (Exception failure) when (failure is InvalidOperationException or Win32Exception or FileNotFoundException)
            {
                return field;
            }
        }
    }

    /// <summary>What it wrote to its error output last.</summary>
    public string LastWords
    {
        get
        {
            lock (_lastWords) return string.Join('\n', _lastWords);
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
            ArgumentList = { $"--max-old-space-size={memoryMegabytes}", "--no-warnings", program },
        };
        var inherited = Inherited.Select(name => (name, value: start.Environment.TryGetValue(name, out var value) ? value : null)).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in inherited)
        {
            if (value is not null) start.Environment[name] = value;
        }

        start.Environment["TZ"] = "UTC";
        start.Environment["FRESNEL_LINK"] = rendezvous.Address;
        start.Environment["FRESNEL_TOKEN"] = rendezvous.Token;
        try
        {
            var worker = new WorkerProcess(Process.Start(start)!);
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
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It was disposed of meanwhile, which comes after its end.
        }

        return true;
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    public void Dispose() => _process.Dispose();

    private void Listen()
    {
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (_lastWords)
            {
                if (_lastWords.Count == KeptLines) _lastWords.Dequeue();
                _lastWords.Enqueue(line.Data.Length <= 500 ? line.Data : line.Data[..500]);
            }
        };
        _process.BeginErrorReadLine();
        // What it prints goes nowhere, but must be read lest it wait for us.
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.StandardInput.Close();
    }
}
