using System.CommandLine;
using System.CommandLine.Parsing;

namespace Fresnel.Host.CommandLine;

/// <summary>The command line of <c>fresnel</c>: <c>start</c>, which is also meant when no command is named, and <c>keygen</c>.</summary>
internal static class FresnelCommand
{
    /// <summary>Runs what the arguments ask for.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments, Func<string, string?> variable)
    {
        var parsed = Create(variable).Parse(arguments);
        if (parsed.Errors is [var error, ..])
        {
            await Console.Error.WriteLineAsync($"{error.Message} See fresnel --help.");
            return ExitCode.CannotStart;
        }

        // The server ends in its own time when it is asked to; nobody cuts it short.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    internal static RootCommand Create(Func<string, string?> variable)
    {
        var options = new StartOptions(variable);
        var start = new Command("start", "Starts the server. The default command.");
        var root = new RootCommand("""
            Fresnel: a reactive backend that the Convex clients and CLI work against.
            Limits of documents, transactions and calls have the defaults of docs/reference/limits.md; an ASP.NET Core app that embeds Fresnel sets others.
            """) { start, KeygenCommand.Create(variable) };
        foreach (var command in (Command[])[root, start])
        {
            foreach (var option in options.All) command.Add(option);
            command.SetAction((parsed, cancellationToken) => StartCommand.RunAsync(options.Read(parsed), cancellationToken));
        }

        return root;
    }

    /// <summary>An option whose value comes from the environment when it is not stated.</summary>
    internal static string? ValueOr(this ParseResult parsed, Option<string?> option, string? otherwise) =>
        parsed.GetResult(option) is OptionResult { Implicit: false } ? parsed.GetValue(option) : string.IsNullOrEmpty(otherwise) ? null : otherwise;
}
