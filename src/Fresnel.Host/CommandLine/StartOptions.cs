using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Fresnel.Runtime;
using Fresnel.Server;

namespace Fresnel.Host.CommandLine;

/// <summary>The options of <c>fresnel start</c>, and how they become settings.</summary>
/// <param name="variable">Reads an environment variable.</param>
internal sealed class StartOptions(Func<string, string?> variable)
{
    internal const string DefaultInstanceName = "fresnel";

    /// <summary>MiB; with less, the indexes of an empty deployment would hardly fit.</summary>
    private const int LeastMemory = 16;

    private readonly Option<string> _data = new("--data")
    {
        Description = "The folder that holds the deployment's data; made when it is not there.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "./fresnel-data",
    };

    private readonly Option<IReadOnlyList<IPAddress>> _host = new("--host")
    {
        Description = "The address to listen on: an IP address, or localhost for both loopbacks. [default: localhost]",
        HelpName = "ADDRESS",
        CustomParser = ParseHost,
    };

    private readonly Option<int> _port = Port("--port", "The port of clients and the CLI; 0 asks for a free one.", FresnelListeners.DefaultPort);

    private readonly Option<int> _sitePort = Port("--site-port", "The port of HTTP actions; 0 asks for a free one.", FresnelListeners.DefaultSitePort);

    private readonly Option<string?> _cloudOrigin = Origin("--cloud-origin", "Where clients and the CLI reach this server, when a proxy stands before it: https://api.example.com. [CONVEX_CLOUD_ORIGIN; default: the address and port above]");

    private readonly Option<string?> _siteOrigin = Origin("--site-origin", "Where HTTP actions are reached, likewise. [CONVEX_SITE_ORIGIN; default: the address and port above]");

    private readonly Option<string?> _instanceName = new("--instance-name")
    {
        Description = $"The deployment's name: the part of admin keys before the bar. [INSTANCE_NAME; default: {DefaultInstanceName}]",
        HelpName = "NAME",
    };

    private readonly Option<string?> _instanceSecret = new("--instance-secret")
    {
        Description = "64 hex characters from which admin keys are derived. [INSTANCE_SECRET; default: made once and kept in the data folder]",
        HelpName = "SECRET",
    };

    private readonly Option<string?> _adminKey = new("--admin-key")
    {
        Description = "An admin key that is accepted as it stands, beside the derived ones. [FRESNEL_ADMIN_KEY]",
        HelpName = "KEY",
    };

    private readonly Option<DeploymentEnvironment> _environment = new("--environment")
    {
        Description = "Whether clients see the error texts and log lines of functions (Development) or not (Production).",
        DefaultValueFactory = _ => DeploymentEnvironment.Development,
        CustomParser = ParseEnvironment,
    };

    private readonly Option<int?> _memory = new("--memory")
    {
        Description = $"Memory for documents and indexes in MiB, at least {LeastMemory}; what does not fit is read from disk when it is asked for. [default: a quarter of what the process may use]",
        HelpName = "MIB",
        CustomParser = result =>
        {
            var text = result.Tokens is [var token] ? token.Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var mebibytes) && mebibytes >= LeastMemory) return mebibytes;
            result.AddError($"--memory is a number of MiB, at least {LeastMemory}; \"{text}\" is not.");
            return null;
        },
    };

    /// <summary>All of them, in the order of the help.</summary>
    public IEnumerable<Option> All => [_data, _host, _port, _sitePort, _cloudOrigin, _siteOrigin, _instanceName, _instanceSecret, _adminKey, _environment, _memory];

    /// <summary>Reads the settings; a stated option wins over the environment.</summary>
    public StartSettings Read(ParseResult parsed) => new()
    {
        Data = Path.GetFullPath(parsed.GetValue(_data)!),
        Addresses = parsed.GetValue(_host) ?? FresnelListeners.Loopbacks,
        Port = parsed.GetValue(_port),
        SitePort = parsed.GetValue(_sitePort),
        CloudOrigin = parsed.ValueOr(_cloudOrigin, variable("CONVEX_CLOUD_ORIGIN")),
        SiteOrigin = parsed.ValueOr(_siteOrigin, variable("CONVEX_SITE_ORIGIN")),
        InstanceName = parsed.ValueOr(_instanceName, variable("INSTANCE_NAME")) ?? DefaultInstanceName,
        InstanceSecret = parsed.ValueOr(_instanceSecret, variable("INSTANCE_SECRET")),
        AdminKey = parsed.ValueOr(_adminKey, variable("FRESNEL_ADMIN_KEY")),
        Environment = parsed.GetValue(_environment),
        MemoryBudget = parsed.GetValue(_memory) is { } mebibytes ? (long)mebibytes << 20 : null,
    };

    private static Option<int> Port(string name, string description, int otherwise) => new(name)
    {
        Description = description,
        HelpName = "PORT",
        DefaultValueFactory = _ => otherwise,
        CustomParser = result =>
        {
            var text = result.Tokens is [var token] ? token.Value : "";
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort) return port;
            result.AddError($"{name} is a number from 0 to {IPEndPoint.MaxPort}; \"{text}\" is not.");
            return otherwise;
        },
    };

    private static Option<string?> Origin(string name, string description) => new(name) { Description = description, HelpName = "URL" };

    private static IReadOnlyList<IPAddress>? ParseHost(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "localhost";
        if (text == "localhost") return FresnelListeners.Loopbacks;
        if (IPAddress.TryParse(text, out var address)) return [address];
        result.AddError($"--host takes an IP address or localhost; \"{text}\" is neither.");
        return null;
    }

    private static DeploymentEnvironment ParseEnvironment(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        if (Enum.TryParse<DeploymentEnvironment>(text, ignoreCase: true, out var environment) && Enum.IsDefined(environment)) return environment;
        result.AddError($"--environment is Development or Production; \"{text}\" is neither.");
        return default;
    }
}
