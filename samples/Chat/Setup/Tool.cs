using System.ComponentModel;
using System.Diagnostics;

namespace Chat.Setup;

/// <summary>Runs a program of Node's world in the sample's folder, and shows what it said only when it failed.</summary>
internal static class Tool
{
    /// <summary>Runs a program, and says so with the time that it took.</summary>
    /// <param name="doing">What a person reads meanwhile.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set; null removes one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(string doing, string program, string[] arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        Console.Write($"{doing} … ");
        var started = Stopwatch.GetTimestamp();
        using var process = Start(program, arguments, environment);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        Console.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        if (process.ExitCode == 0) return;
        throw new SetupException($"{await output}{await errors}\n{doing} failed: {program} {string.Join(' ', arguments)} ended with {process.ExitCode}; what it said stands above.");
    }

    private static Process Start(string program, string[] arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = ChatFolder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SetupException($"{program} cannot be started ({e.Message}): install Node 20.19 or later, which brings it.", e);
        }
    }
}
