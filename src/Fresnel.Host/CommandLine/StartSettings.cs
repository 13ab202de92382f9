using System.Net;
using Fresnel.Runtime;

namespace Fresnel.Host.CommandLine;

/// <summary>What <c>fresnel start</c> was asked to do.</summary>
internal sealed record StartSettings
{
    /// <summary>The data folder, as a full path.</summary>
    public required string Data { get; init; }

    /// <summary>The addresses to listen on.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>The port of clients and the CLI; 0 asks for a free one.</summary>
    public required int Port { get; init; }

    /// <summary>The port of HTTP actions; 0 asks for a free one.</summary>
    public required int SitePort { get; init; }

    /// <summary>The origin that clients and the CLI use; null: where the server listens.</summary>
    public string? CloudOrigin { get; init; }

    /// <summary>The origin of HTTP actions; null: where the server listens for them.</summary>
    public string? SiteOrigin { get; init; }

    /// <summary>The part of admin keys before the bar.</summary>
    public required string InstanceName { get; init; }

    /// <summary>64 hex characters, or null: the one in the data folder.</summary>
    public string? InstanceSecret { get; init; }

    /// <summary>An admin key that is accepted as it stands, beside the derived ones.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Whether clients see error texts.</summary>
    public DeploymentEnvironment Environment { get; init; }

    /// <summary>Memory for documents and indexes in bytes; null: a quarter of what the process may use.</summary>
    public long? MemoryBudget { get; init; }
}
