namespace Fresnel.Testing.Hosts;

/// <summary>How a test runs a <see cref="HostProgram"/>.</summary>
public sealed record HostOptions
{
    /// <summary>What is run; the <c>fresnel</c> tool by default.</summary>
    public HostProgram Program { get; init; } = HostProgram.Fresnel;

    /// <summary>The data folder; a temporary one, deleted at the end, when null.</summary>
    public string? Data { get; init; }

    /// <summary>The port; a free one by default.</summary>
    public int Port { get; init; }

    /// <summary>The port of HTTP actions; a free one by default.</summary>
    public int SitePort { get; init; }

    /// <summary>More arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables, over those of the test; null removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>How long the start may take. Default 60 s; the chat installs, pushes and builds on top.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
