using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Chat.Identity;
using Fresnel.Server;

namespace Chat.Setup;

/// <summary>The functions in <c>convex/</c>, pushed to the deployment by the official CLI, as in any Convex project.</summary>
internal sealed class ChatFunctions(HostedDeployment deployment, ChatSettings settings, Guests guests)
{
    private readonly string _adminKey = deployment.CreateAdminKey();

    /// <summary>Says what was pushed last; it lies with the data, so that a fresh folder is pushed to.</summary>
    private string Stamp => Path.Combine(settings.Data, "pushed-functions");

    /// <summary>Sets the variables that the functions read, and pushes the functions when they have changed.</summary>
    public async Task PushAsync(CancellationToken cancellationToken)
    {
        // First the variables: a module reads the model's key, and the auth config whom to trust, when the push looks at them.
        await SetVariablesAsync(cancellationToken);
        var fingerprint = Fingerprint();
        if (File.Exists(Stamp) && await File.ReadAllTextAsync(Stamp, cancellationToken) == fingerprint) return;
        await Tool.RunAsync("Pushing the functions", "node", [NpmPackages.Convex, "deploy", "--yes"], CliEnvironment(), cancellationToken);
        await File.WriteAllTextAsync(Stamp, fingerprint, cancellationToken);
    }

    private async Task SetVariablesAsync(CancellationToken cancellationToken)
    {
        var model = settings.Model;
        var changes = new[]
        {
            Change("OPENAI_API_KEY", model.IsStandIn ? "stand-in" : model.ApiKey ?? "not-needed"),
            Change("OPENAI_BASE_URL", model.IsStandIn ? $"{deployment.Urls.Cloud}{StandIn.StandInEndpoint.BasePath}" : model.BaseUrl),
            Change("OPENAI_MODEL", model.Name),
            Change("MODEL_PATIENCE_SECONDS", model.PatienceSeconds),
            Change("REPLIES_PER_MINUTE", settings.RepliesPerMinute),
            Change("GUESTS_JWKS", guests.Jwks()),
        };
        using var http = new HttpClient { BaseAddress = new Uri(deployment.Urls.Cloud) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Convex", _adminKey);
        using var response = await http.PostAsJsonAsync("/api/update_environment_variables", new { changes }, cancellationToken);
        if (response.IsSuccessStatusCode) return;
        throw new SetupException($"The variables of the functions cannot be set ({(int)response.StatusCode}): {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <summary>A variable to set; without a value it is removed.</summary>
    private static Dictionary<string, string?> Change(string name, string? value) => new() { ["name"] = name, ["value"] = string.IsNullOrEmpty(value) ? null : value };

    /// <summary>Points the CLI at this deployment, whatever the shell says about others.</summary>
    private Dictionary<string, string?> CliEnvironment() => new()
    {
        ["CONVEX_SELF_HOSTED_URL"] = deployment.Urls.Cloud,
        ["CONVEX_SELF_HOSTED_ADMIN_KEY"] = _adminKey,
        ["CONVEX_DEPLOYMENT"] = null,
        ["CONVEX_DEPLOY_KEY"] = null,
        ["CONVEX_DEPLOYMENT_TOKEN"] = null,
    };

    private static string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sources = Directory.EnumerateFiles(ChatFolder.PathOf("convex"), "*.ts", SearchOption.AllDirectories).Where(file => !file.Contains("_generated", StringComparison.Ordinal));
        foreach (var file in sources.Append(ChatFolder.PathOf("package-lock.json")).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
