using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Invocations;

/// <summary>A request to run a function, from outside or from the scheduler: not yet checked.</summary>
public sealed record FunctionCall
{
    /// <summary>The component path; empty for the app.</summary>
    public string Component { get; init; } = "";

    /// <summary>Which function.</summary>
    public required FunctionPath Path { get; init; }

    /// <summary>The arguments: a JSON array, normally of one object. Not yet checked or canonical.</summary>
    public required ReadOnlyMemory<byte> Arguments { get; init; }

    /// <summary>On whose behalf.</summary>
    public required Identity Identity { get; init; }

    /// <summary>Where the call comes from; decides which texts refusals have and whether internal functions are within reach.</summary>
    public required FunctionCaller Caller { get; init; }

    /// <summary>16 lower-case hex characters; stands in error texts and the log.</summary>
    public required string RequestId { get; init; }

    /// <summary>The opaque journal of the last run of a subscribed query, or null.</summary>
    public string? Journal { get; init; }

    /// <summary>The job that runs it, when the scheduler does.</summary>
    public string? ScheduledFunctionId { get; init; }

    /// <summary>Actions above it that wait for it.</summary>
    internal int ActionDepth { get; init; }

    /// <summary>The caller's address and user agent, where there are any.</summary>
    public (string? Address, string? UserAgent) Origin { get; init; }
}

/// <summary>Where a call comes from. The names are those of the log stream (<c>spec/deploy-api.md</c> §7).</summary>
public enum FunctionCaller
{
    /// <summary>A sync session.</summary>
    SyncWorker,

    /// <summary><c>/api/query</c>, <c>/api/mutation</c>, <c>/api/action</c>: public functions only.</summary>
    HttpApi,

    /// <summary><c>/api/function</c> and <c>/api/run</c>: any function for admins, and another text when there is none.</summary>
    HttpRun,

    /// <summary>An HTTP action.</summary>
    HttpEndpoint,

    /// <summary>The job loop, for a scheduled function: internal functions are within reach.</summary>
    Scheduler,

    /// <summary>The job loop, for a cron: internal functions are within reach.</summary>
    Cron,

    /// <summary>An action's <c>ctx.run*</c>: internal functions are within reach.</summary>
    Action,
}
