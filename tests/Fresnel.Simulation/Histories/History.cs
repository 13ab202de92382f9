namespace Fresnel.Simulation.Histories;

/// <summary>What clients did and saw, from outside: nothing in it comes from the engine but its answers.</summary>
/// <param name="Transactions">All of them; those of one session in the order in which it began them.</param>
internal sealed record History(IReadOnlyList<HistoryTransaction> Transactions)
{
    /// <summary>For a register, the order in which its values were written, where the history knows it. Others are ordered by who read before writing, and by time.</summary>
    public IReadOnlyDictionary<string, long[]> VersionOrders { get; init; } = new Dictionary<string, long[]>();

    public static string NameOf(int transaction) => $"T{transaction + 1}";
}

/// <summary>One transaction as its client saw it.</summary>
/// <param name="Session">Whose it was.</param>
/// <param name="Outcome">What the client was told.</param>
/// <param name="Began">When the client asked for it, on a clock that all share.</param>
/// <param name="Answered">When the client had its answer; <see cref="Never"/> when it had none.</param>
/// <param name="Operations">In the order in which they were made.</param>
internal sealed record HistoryTransaction(string Session, HistoryOutcome Outcome, long Began, long Answered, IReadOnlyList<Operation> Operations)
{
    public const long Never = long.MaxValue;

    public override string ToString() =>
        $"@{Session} {Began}..{(Answered == Never ? "" : Answered)}{(Outcome == HistoryOutcome.Committed ? "" : $" {Outcome.ToString().ToLowerInvariant()}")} {string.Join(' ', Operations)}";
}

/// <summary>What a client was told of its transaction.</summary>
internal enum HistoryOutcome
{
    /// <summary>It is in.</summary>
    Committed,

    /// <summary>It is certainly not in.</summary>
    Aborted,

    /// <summary>Nothing. It is in when somebody saw what it wrote; what it read itself is not looked at.</summary>
    Unknown,
}
