using System.Diagnostics;

namespace Fresnel.Testing.Hosts;

/// <summary>What a process says, kept for the text of a failure (its newest 2,000 lines) and shown line by line to whoever waits.</summary>
internal sealed class ProcessOutput
{
    private const int MostLines = 2_000;
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Action<string> _heard;

    public ProcessOutput(Process process, Action<string> heard)
    {
        _heard = heard;
        process.OutputDataReceived += (_, e) => Add(e.Data, "");
        process.ErrorDataReceived += (_, e) => Add(e.Data, "! ");
    }

    public string Text
    {
        get
        {
            lock (_gate) return string.Join('\n', _lines);
        }
    }

    private void Add(string? line, string mark)
    {
        if (line is null) return;
        lock (_gate)
        {
            _lines.Enqueue(mark + line);
            if (_lines.Count > MostLines) _lines.Dequeue();
        }

        if (mark.Length == 0) _heard(line);
    }
}
