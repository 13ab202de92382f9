using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Live;

/// <summary>Whether a client could tell two outcomes apart. What looks the same is not sent again. Source: <c>spec/client-protocol.md</c> §2.7, T7.</summary>
internal static class OutcomeComparison
{
    /// <summary>Compares values or errors, and log lines; not request ids, and nothing that is redacted.</summary>
    public static bool LooksTheSame(FunctionOutcome left, FunctionOutcome right, bool redacts)
    {
        if (ReferenceEquals(left, right)) return true;
        if (left.Error is { } leftError)
        {
            if (right.Error is not { } rightError || !SameData(leftError.Data, rightError.Data)) return false;
            if (!redacts && leftError.FullText != rightError.FullText) return false;
        }
        else if (right.Error is not null || !left.Value.Span.SequenceEqual(right.Value.Span))
        {
            return false;
        }

        return redacts || SameLines(left.LogLines, right.LogLines);
    }

    private static bool SameData(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) =>
        left is { } leftData && right is { } rightData ? leftData.Span.SequenceEqual(rightData.Span) : left is null && right is null;

    private static bool SameLines(IReadOnlyList<LogLine> left, IReadOnlyList<LogLine> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => pair.First.Pretty == pair.Second.Pretty);
}
