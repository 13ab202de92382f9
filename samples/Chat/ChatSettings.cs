using Fresnel.Server;

namespace Chat;

/// <summary>What the sample can be told, on its command line (<c>--port 4000</c>) or in the environment.</summary>
internal sealed record ChatSettings
{
    /// <summary>The data folder; <c>.data</c> beside the project unless stated.</summary>
    public required string Data { get; init; }

    /// <summary>The port of the page and its deployment, or the next free one; 0 asks for any.</summary>
    public required int Port { get; init; }

    /// <summary>The port of HTTP actions, likewise.</summary>
    public required int SitePort { get; init; }

    /// <summary>How fast the stand-in types.</summary>
    public required double WordsPerSecond { get; init; }

    /// <summary>How many replies a guest may ask for in a minute; the functions know a number themselves.</summary>
    public required string? RepliesPerMinute { get; init; }

    /// <summary>Who writes the replies.</summary>
    public required ModelSettings Model { get; init; }

    public static ChatSettings Read(IConfiguration configuration) => new()
    {
        Data = Path.GetFullPath(configuration["data"] ?? ChatFolder.PathOf(".data")),
        Port = configuration.GetValue("port", FresnelListeners.DefaultPort),
        SitePort = configuration.GetValue("site-port", FresnelListeners.DefaultSitePort),
        WordsPerSecond = configuration.GetValue("words-per-second", 16.0),
        RepliesPerMinute = configuration["REPLIES_PER_MINUTE"],
        Model = new ModelSettings(configuration["OPENAI_API_KEY"], configuration["OPENAI_BASE_URL"], configuration["OPENAI_MODEL"], configuration["MODEL_PATIENCE_SECONDS"]),
    };
}

/// <summary>Who writes the replies: the stand-in, unless the environment names an OpenAI-compatible service.</summary>
/// <param name="ApiKey">Its key.</param>
/// <param name="BaseUrl">Its address; OpenAI's own when there is only a key.</param>
/// <param name="Name">The model to ask.</param>
/// <param name="PatienceSeconds">How long it may be silent.</param>
internal sealed record ModelSettings(string? ApiKey, string? BaseUrl, string? Name, string? PatienceSeconds)
{
    public bool IsStandIn => ApiKey is null or "" && BaseUrl is null or "";
}
