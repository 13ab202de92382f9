namespace Fresnel.Simulation.Histories;

/// <summary>Something in a history that no serial execution could have shown.</summary>
/// <param name="Kind">What it is called.</param>
/// <param name="Text">What happened, for a person: the transactions and how each depends on the next.</param>
internal sealed record Anomaly(AnomalyKind Kind, string Text)
{
    public override string ToString() => $"{Kind}: {Text}";
}

/// <summary>The names of what can go wrong, the worst first. The letters are those of Adya's thesis.</summary>
internal enum AnomalyKind
{
    /// <summary>A value was read that nobody wrote.</summary>
    ReadFromNowhere,

    /// <summary>A value was read that belongs to a transaction that was rolled back (G1a).</summary>
    AbortedRead,

    /// <summary>A value was read that its transaction itself replaced before the end (G1b).</summary>
    IntermediateRead,

    /// <summary>A transaction does not see what it wrote itself, or sees two things where it reads twice.</summary>
    InternalInconsistency,

    /// <summary>A value is twice where it was put once.</summary>
    DuplicateElement,

    /// <summary>Two readers saw lists of which neither begins with the other: there was more than one present.</summary>
    DivergentLists,

    /// <summary>Transactions wrote over each other in a circle (G0).</summary>
    DirtyWrite,

    /// <summary>Transactions hold what the other wrote, in a circle of writes and reads (G1c).</summary>
    CircularInformation,

    /// <summary>Two transactions read the same version and both replaced it.</summary>
    LostUpdate,

    /// <summary>A transaction saw one part of another's doing and not the rest, or something older beside something newer (G-single).</summary>
    ReadSkew,

    /// <summary>Two transactions each read what the other one then wrote (G2 with two transactions); a phantom when a range was read.</summary>
    WriteSkew,

    /// <summary>Two readers saw two writes in different orders.</summary>
    LongFork,

    /// <summary>A circle with more than one read of something that was replaced later (G2).</summary>
    AntiDependencyCycle,

    /// <summary>A transaction did not see what was answered before it began.</summary>
    StaleRead,

    /// <summary>Writes, or a read of them, stand in another order than time has them: something was seen before it was asked for.</summary>
    OrderAgainstTime,

    /// <summary>A circle with more than one read of something that was replaced later, closed by time alone.</summary>
    SkewAgainstTime,
}
