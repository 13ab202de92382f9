using Fresnel.Engine;
using Fresnel.Functions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fresnel.Runtime;

/// <summary>How a deployment is run.</summary>
public sealed record DeploymentOptions
{
    /// <summary>The instance name: the part of admin keys before the bar.</summary>
    public string Name { get; init; } = "fresnel";

    /// <summary>Whether clients see the texts of errors and log lines.</summary>
    public DeploymentEnvironment Environment { get; init; } = DeploymentEnvironment.Development;

    /// <summary>A folder for bundles that workers import; it may be deleted when nothing runs.</summary>
    public required string BundleFolder { get; init; }

    /// <summary>Where clients reach the deployment and its HTTP actions; set once the ports are bound, before anything runs.</summary>
    public DeploymentUrls Urls { get; init; } = new();

    /// <summary>C# functions, the system's own included.</summary>
    public IReadOnlyList<FunctionRegistration> Functions { get; init; } = [];

    /// <summary>Limits of invocations.</summary>
    public FunctionLimits Limits { get; init; } = new();

    /// <summary>Limits of documents, schemas and transactions.</summary>
    public DataLimits DataLimits { get; init; } = new();

    /// <summary>Memory for documents and the nodes of indexes. Bytes; default 1 GiB. What does not fit is read when it is asked for.</summary>
    public long MemoryBudget { get; init; } = 1 << 30;

    /// <summary>Memory for results of queries that no session shows any more and that are still true. Bytes; default 16 MiB; at 0 none are kept. The least recently shown go first.</summary>
    public long QueryCacheBytes { get; init; } = 16 << 20;

    /// <summary>The Node executable; found on PATH when null.</summary>
    public string? NodePath { get; init; }

    /// <summary>How long workers live.</summary>
    public WorkerOptions Workers { get; init; } = new();

    /// <summary>How npm packages of <c>"use node"</c> modules are installed.</summary>
    public NodePackageOptions NodePackages { get; init; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where seeds and ids come from.</summary>
    public IEntropy Entropy { get; init; } = SystemEntropy.Instance;

    /// <summary>Where the log goes.</summary>
    public ILoggerFactory Log { get; init; } = NullLoggerFactory.Instance;

    /// <summary>How the engine is run where nothing here says it: a simulation gives it a scheduler, and bounds that are soon reached.</summary>
    internal DatabaseOptions Engine { get; init; } = new();
}

/// <summary>What a deployment is for.</summary>
public enum DeploymentEnvironment
{
    /// <summary>Clients see error texts and log lines.</summary>
    Development,

    /// <summary>Clients see neither.</summary>
    Production,
}

/// <summary>Where a deployment is reached. Both are origins without a trailing slash.</summary>
public sealed class DeploymentUrls
{
    /// <summary><c>CONVEX_CLOUD_URL</c>: clients and the CLI.</summary>
    public string Cloud { get; set; } = "http://127.0.0.1:3210";

    /// <summary><c>CONVEX_SITE_URL</c>: HTTP actions.</summary>
    public string Site { get; set; } = "http://127.0.0.1:3211";
}

/// <summary>Limits of invocations. Source: <c>spec/function-runtime.md</c> §6.</summary>
public sealed record FunctionLimits
{
    /// <summary>Time in user code of a query or mutation, without waiting for syscalls. Default 1 s.</summary>
    public TimeSpan UserTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time of a query or mutation in all, runs after conflicts included. Default 15 s.</summary>
    public TimeSpan TotalTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time of an action in the default runtime. Default 30 min.</summary>
    public TimeSpan ActionTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Time of an action in a <c>"use node"</c> module. Default 10 min.</summary>
    public TimeSpan NodeActionTime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Processor time for which an action may hold the thread that it shares with others, without once letting go. Default 60 s. Beyond it: timed out.</summary>
    public TimeSpan ActionTurnTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>All arguments of one call. Bytes by the size of values; default 16 MiB. Beyond it: <c>FunctionArgumentsTooLarge</c>.</summary>
    public long ArgumentBytes { get; init; } = 16 << 20;

    /// <summary>All arguments of one call of an action in a <c>"use node"</c> module. Bytes by the size of values; default 5 MiB. Beyond it: <c>FunctionArgumentsTooLarge</c>.</summary>
    public long NodeArgumentBytes { get; init; } = 5 << 20;

    /// <summary>Calls within calls in one transaction, the root not counted. Default 8. Beyond it: <c>TooManyNestedCalls</c>.</summary>
    public int NestedCalls { get; init; } = 8;

    /// <summary>Operations of one function that are under way at once. Default 1,000. Beyond it: <c>TooManyConcurrentOperations</c>.</summary>
    public int ConcurrentOperations { get; init; } = 1_000;

    /// <summary>Lines that one function may log, those of its nested calls included. Default 256. The last of them says that there were more.</summary>
    public int LogLines { get; init; } = 256;

    /// <summary>One logged line. Bytes of UTF-8; default 32 KiB. A longer one is cut between characters and marked.</summary>
    public int LogLineBytes { get; init; } = 32 << 10;

    /// <summary>What a function may return. Bytes by the size of the value; default 16 MiB. Beyond it: <c>FunctionResultTooLarge</c>.</summary>
    public long ResultBytes { get; init; } = 16 << 20;

    /// <summary>Functions that one mutation may schedule, its nested calls included. Default 1,000. Beyond it: <c>TooManyFunctionsScheduled</c>.</summary>
    public int ScheduledFunctions { get; init; } = 1_000;

    /// <summary>The arguments of all functions that one mutation schedules. Bytes by the size of their values; default 16 MiB. Beyond it: <c>ScheduledFunctionsArgumentsTooLarge</c>.</summary>
    public long ScheduledArgumentBytes { get; init; } = 16 << 20;

    /// <summary>What one query or mutation may enter into the audit log, its nested calls included. Default 256. Beyond it: <c>TooManyAuditLogs</c>.</summary>
    public int AuditEntries { get; init; } = 256;

    /// <summary>The body of one such entry. Bytes of JSON; default 32 KiB. Beyond it: <c>AuditLogBodyTooLarge</c>.</summary>
    public int AuditEntryBytes { get; init; } = 32 << 10;

    /// <summary>Bytes of a request's body that an HTTP action may read; a longer one is refused with 413. Default 20 MiB.</summary>
    public long HttpRequestBytes { get; init; } = 20 << 20;

    /// <summary>Bytes of the body that an HTTP action may answer; a longer one is broken off. Default 20 MiB.</summary>
    public long HttpResponseBytes { get; init; } = 20 << 20;

    /// <summary>Heap of a worker that runs queries and mutations, all that run in it together. Megabytes; default 256.</summary>
    public int DeterministicMemory { get; init; } = 256;

    /// <summary>Heap of a worker that runs actions, all that run in it together. Megabytes; default 512.</summary>
    public int ActionMemory { get; init; } = 512;

    /// <summary>Queries that run at once; more wait. Default 16.</summary>
    public int ConcurrentQueries { get; init; } = 16;

    /// <summary>Mutations that run at once; more wait. Default 16.</summary>
    public int ConcurrentMutations { get; init; } = 16;

    /// <summary>Actions that run at once in the default runtime; more wait. Default 64.</summary>
    public int ConcurrentActions { get; init; } = 64;

    /// <summary>Actions that run at once in Node; more wait. Default 64.</summary>
    public int ConcurrentNodeActions { get; init; } = 64;

    /// <summary>HTTP actions that run at once, their answers under way included; more wait. Default 64. A slow reader holds one of these, and no action's place.</summary>
    public int ConcurrentHttpActions { get; init; } = 64;

    /// <summary>Invocations of one kind that may wait for a place; beyond it they are refused with <c>TooManyConcurrentRequests</c>. Default 10,000.</summary>
    public int WaitingInvocations { get; init; } = 10_000;

    /// <summary>Scheduled functions that have not ended. Default 1,000,000. Beyond it: <c>TooManyScheduledFunctions</c>.</summary>
    public int OutstandingJobs { get; init; } = 1_000_000;

    /// <summary>Jobs that run at once; more wait. Default 64, as many as actions: replies of language models are jobs that last.</summary>
    public int ConcurrentJobs { get; init; } = 64;

    /// <summary>Environment variables, those that the deployment sets itself not counted. Default 1,000. Beyond it: <c>EnvVarLimitMet</c>.</summary>
    public int EnvironmentVariables { get; init; } = 1_000;

    /// <summary>The name of one. Characters; default 256. Beyond it: <c>EnvironmentVariableNameTooLong</c>.</summary>
    public int EnvironmentVariableNameLength { get; init; } = 256;

    /// <summary>The value of one. Bytes of UTF-8; default 8 KiB. Beyond it: <c>EnvironmentVariableValueTooLarge</c>.</summary>
    public int EnvironmentVariableBytes { get; init; } = 8 << 10;

    /// <summary>All names and values together. Bytes of UTF-8; default 512 KiB. Beyond it: <c>EnvVarTotalSizeLimitMet</c>.</summary>
    public int EnvironmentBytes { get; init; } = 512 << 10;

    /// <summary>The modules of an app as they were bundled, source maps not counted. Bytes of UTF-8; default 32 MiB. Beyond it: <c>ModulesTooLarge</c>.</summary>
    public long CodeBytes { get; init; } = 32 << 20;
}
