namespace Fresnel.Functions;

/// <summary>What every C# function is given: its only way to the world, and valid only while it runs.</summary>
public abstract class FunctionContext
{
    /// <summary>On whose behalf it runs. A query that looks is run once per user, not once for all.</summary>
    public abstract FunctionAuth Auth { get; }

    /// <summary>Where its log lines go.</summary>
    public abstract FunctionLogger Log { get; }

    /// <summary>The deployment's environment variables, as <c>process.env</c> in TypeScript.</summary>
    public abstract IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The time. In queries and mutations the moment at which they began, however long they run.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>Chance. In queries and mutations its numbers are fixed by the invocation's seed. Not for secrets.</summary>
    public abstract Random Random { get; }
}
