using System.Globalization;
using Fresnel.Engine.Transactions;

namespace Fresnel.Runtime.Invocations;

/// <summary>Warns the author of a function that ran well but came near a limit. Source: <c>spec/function-runtime.md</c> §6.</summary>
internal static class UsageWarnings
{
    /// <summary>From this part of a limit on.</summary>
    private const double Near = 0.8;

    /// <summary>A line for each limit that is near.</summary>
    /// <param name="usage">What the tree read and wrote.</param>
    /// <param name="scheduled">What it scheduled.</param>
    /// <param name="limits">What it might have used.</param>
    /// <param name="userTime">Time in user code of its root.</param>
    /// <param name="mostUserTime">The limit of that.</param>
    /// <param name="unixMilliseconds">The time of the lines.</param>
    public static IEnumerable<LogLine> Lines(TransactionUsage usage, ScheduledUsage scheduled, UsageCeilings limits, TimeSpan userTime, TimeSpan mostUserTime, double unixMilliseconds)
    {
        (string Code, double Actual, double Limit, string Text)[] counts =
        [
            ("TooManyDocumentsRead", usage.DocumentsRead, limits.DocumentsRead, "Many documents read in a single function execution (actual: {0}, limit: {1})."),
            ("TooManyBytesRead", usage.BytesRead, limits.BytesRead, "Many bytes read in a single function execution (actual: {0} bytes, limit: {1} bytes)."),
            ("TooManyReads", usage.DatabaseQueries, limits.DatabaseQueries, "Many reads in a single function execution (actual: {0}, limit: {1})."),
            ("TooManyWrites", usage.DocumentsWritten, limits.DocumentsWritten, "Many writes in a single function execution (actual: {0}, limit: {1})."),
            ("TooManyBytesWritten", usage.BytesWritten, limits.BytesWritten, "Many bytes written in a single function execution (actual: {0} bytes, limit: {1} bytes)."),
            ("TooManyFunctionsScheduled", scheduled.Functions, limits.FunctionsScheduled, "Many functions scheduled by this mutation (actual: {0}, limit: {1})."),
            ("ScheduledFunctionsArgumentsTooLarge", scheduled.ArgumentBytes, limits.ScheduledFunctionArgsBytes, "Large total size of the arguments of scheduled functions from this mutation (actual: {0} bytes, limit: {1} bytes)."),
        ];
        foreach (var (code, actual, limit, text) in counts)
        {
            if (actual >= Near * limit) yield return Line(code, string.Format(CultureInfo.InvariantCulture, text, actual, limit));
        }

        if (userTime >= Near * mostUserTime)
        {
            yield return Line("SlowFunction", string.Create(
                CultureInfo.InvariantCulture,
                $"Function execution took a long time. (maximum duration: {mostUserTime.TotalSeconds}s, actual duration: {Math.Round(userTime.TotalMilliseconds)}ms)."));
        }

        LogLine Line(string code, string text) => new("WARN", [text], false, unixMilliseconds) { SystemCode = code };
    }
}
