using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>A function that is to run later, checked as far as it is when it is scheduled. Kind and arguments are checked when it runs.</summary>
/// <param name="Name">Its path in canonical form: <c>messages.js:send</c>.</param>
/// <param name="Arguments">Its positional arguments.</param>
/// <param name="UnixMilliseconds">When; may be past.</param>
/// <param name="ArgumentBytes">The size of the arguments.</param>
internal sealed record JobRequest(string Name, Value Arguments, double UnixMilliseconds, long ArgumentBytes)
{
    /// <summary>Five years of leap years, as the reference counts them.</summary>
    private const double FarthestMilliseconds = 5 * 366 * 24 * 60 * 60 * 1000.0;

    /// <summary>Checks a request. Source: <c>spec/function-runtime.md</c> §3.6.</summary>
    /// <param name="code">The code of the component that schedules.</param>
    /// <param name="path">Which function.</param>
    /// <param name="unixMilliseconds">When.</param>
    /// <param name="arguments">JSON: one object, or an array of positional arguments.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <exception cref="DeveloperException">There is no such function, the time is too far away, or the arguments are no values.</exception>
    public static JobRequest Check(ComponentCode code, FunctionPath path, double unixMilliseconds, ReadOnlyMemory<byte> arguments, double now)
    {
        RequireFunction(code, path);
        RequireNear(unixMilliseconds, now);
        Value parsed;
        try
        {
            parsed = ValueJson.Parse(FunctionArguments.Positional(arguments).Span);
        }
        catch (InvalidValueException exception)
        {
            throw new DeveloperException("InvalidArguments", $"Invalid arguments for {path.Canonical}: {exception.Message}");
        }

        return new JobRequest(path.Canonical, parsed, unixMilliseconds, parsed.Size);
    }

    private static void RequireFunction(ComponentCode code, FunctionPath path)
    {
        if (code.Functions.ContainsKey(path)) return;
        var module = path.Module + ".js";
        var hasModule = code.Modules.Modules.Any(other => other.Path == module) || code.Functions.Keys.Any(other => other.Module == path.Module);
        throw hasModule
            ? new("FunctionNotFound", $"Attempted to schedule function, but no exported function {path.Export} found in the file: {module}. Did you forget to export it?")
            : new DeveloperException("ModuleNotFound", $"Attempted to schedule function at nonexistent path: {module}");
    }

    private static void RequireNear(double unixMilliseconds, double now)
    {
        if (!double.IsFinite(unixMilliseconds)) throw SyscallArguments.Invalid("ts", "scheduler.runAt", "Expected a finite number");
        if (Math.Abs(unixMilliseconds - now) <= FarthestMilliseconds) return;
        var when = unixMilliseconds > now ? "in the future" : "in the past";
        throw new DeveloperException("InvalidScheduledFunctionDelay", $"{Value.Float64(unixMilliseconds)} ms since the epoch is more than 5 years {when}");
    }
}
