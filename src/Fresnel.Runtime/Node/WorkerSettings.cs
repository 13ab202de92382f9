using Fresnel.Engine;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Node;

/// <summary>Which workers run what.</summary>
internal enum WorkerKind
{
    /// <summary>Queries and mutations.</summary>
    Deterministic,

    /// <summary>Actions of the default runtime.</summary>
    Actions,

    /// <summary>Actions of <c>"use node"</c> modules.</summary>
    Node,
}

/// <summary>How workers of a kind are started and watched.</summary>
/// <param name="Kind">What they run.</param>
/// <param name="Files">Where their program lies.</param>
/// <param name="Bundles">Where the bundles lie.</param>
/// <param name="Node">The executable, or null to look on PATH.</param>
/// <param name="Limits">The limits of what they run.</param>
/// <param name="Time">The clock.</param>
/// <param name="Entropy">Where tokens come from.</param>
/// <param name="Lives">How long they live.</param>
/// <param name="Log">The log.</param>
internal sealed record WorkerSettings(
    WorkerKind Kind, WorkerFiles Files, Bundles Bundles, string? Node, FunctionLimits Limits, WorkerOptions Lives, TimeProvider Time, IEntropy Entropy, ILogger Log)
{
    /// <summary>How long a worker may take until it says hello.</summary>
    public static readonly TimeSpan StartTime = TimeSpan.FromSeconds(30);

    /// <summary>How long importing a module may take.</summary>
    public static readonly TimeSpan ImportTime = TimeSpan.FromSeconds(30);

    /// <summary>How long a worker of actions may be silent about an invocation that was ended.</summary>
    public static readonly TimeSpan TerminationTime = TimeSpan.FromSeconds(5);

    public string PoolName => Kind switch { WorkerKind.Deterministic => "deterministic", WorkerKind.Actions => "actions", _ => "node" };

    public int Memory => Kind is WorkerKind.Deterministic ? Limits.DeterministicMemory : Limits.ActionMemory;

    /// <summary>Resident memory at which a worker is replaced.</summary>
    public long DueBytes => (long)(Lives.MostMemory ?? Memory) << 20;

    /// <summary>Resident memory at which a worker is killed: buffers lie outside of the heap, whose own limit Node keeps. Room for Node itself is left.</summary>
    public long MostBytes => ((2L * Memory) + 128) << 20;

    /// <summary>The time of an action, which the engine measures; null for queries and mutations, whose user time the worker measures.</summary>
    public TimeSpan? WallTime => Kind switch { WorkerKind.Deterministic => null, WorkerKind.Actions => Limits.ActionTime, _ => Limits.NodeActionTime };
}
