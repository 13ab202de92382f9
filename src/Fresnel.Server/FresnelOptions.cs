using Fresnel.Engine;
using Fresnel.Engine.Stores;
using Fresnel.Functions;
using Fresnel.Runtime;
using Fresnel.Server.Sync;

namespace Fresnel.Server;

/// <summary>How Fresnel is run inside an ASP.NET Core application.</summary>
public sealed class FresnelOptions
{
    /// <summary>Makes the store; called once, when the application starts. Required.</summary>
    public Func<ICommitStore>? Store { get; set; }

    /// <summary>Where files beside the store lie: bundles that workers import, and the instance secret when none is stated. Default <c>fresnel-data</c>.</summary>
    public string DataFolder { get; set; } = "fresnel-data";

    /// <summary>The part of admin keys before the bar. Default <c>fresnel</c>.</summary>
    public string InstanceName { get; set; } = "fresnel";

    /// <summary>32 bytes as 64 hex characters, from which admin keys are derived. When null, one is made at the first start and kept in the data folder.</summary>
    public string? InstanceSecret { get; set; }

    /// <summary>An admin key that is accepted verbatim beside the derived ones, with or without the <c>name|</c> part.</summary>
    public string? AdminKey { get; set; }

    /// <summary>Whether clients see the texts of errors and log lines: in Development they do. When null, the application's own environment decides, and one that is not Development counts as Production.</summary>
    public DeploymentEnvironment? Environment { get; set; }

    /// <summary>The application's own C# functions; the system's are there already.</summary>
    public IList<FunctionRegistration> Functions { get; } = [];

    /// <summary>Limits of invocations.</summary>
    public FunctionLimits Limits { get; set; } = new();

    /// <summary>Limits of documents, schemas and transactions.</summary>
    public DataLimits DataLimits { get; set; } = new();

    /// <summary>Limits of sync sockets.</summary>
    public SyncLimits Sync { get; set; } = new();

    /// <summary>The origin that clients and the CLI use, without a trailing slash. When null: the first address that the server listens on.</summary>
    public string? CloudUrl { get; set; }

    /// <summary>The origin of HTTP actions, without a trailing slash. When null: the first address marked by <see cref="FresnelSite.UseFresnelSite"/>, or <c>/http</c> below the cloud URL when there is none.</summary>
    public string? SiteUrl { get; set; }

    /// <summary>The local port whose requests are for HTTP actions, for applications that state their addresses as URLs. When null: the listeners marked by <see cref="FresnelSite.UseFresnelSite"/>.</summary>
    public int? SitePort { get; set; }

    /// <summary>Memory for documents and indexes. Bytes. When null: a quarter of what the process may use, at least 64 MiB. What does not fit is read from the store when it is asked for.</summary>
    public long? MemoryBudget { get; set; }

    /// <summary>Memory for results of queries that no client shows any more and that are still true. Bytes; default 16 MiB; at 0 none are kept. The least recently shown go first.</summary>
    public long QueryCacheBytes { get; set; } = 16 << 20;

    /// <summary>The Node executable; found on PATH when null.</summary>
    public string? NodePath { get; set; }

    /// <summary>How long Node workers live.</summary>
    public WorkerOptions Workers { get; set; } = new();

    /// <summary>How npm packages of <c>"use node"</c> modules are installed: <c>node.externalPackages</c>.</summary>
    public NodePackageOptions NodePackages { get; set; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Where seeds and ids come from.</summary>
    public IEntropy Entropy { get; set; } = SystemEntropy.Instance;
}
