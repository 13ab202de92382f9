using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime;
using Fresnel.Server.Auth;
using Fresnel.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Fresnel.Server.Tests.Deploy;

/// <summary>An application that embeds Fresnel over a store in memory, asked as the CLI asks.</summary>
internal sealed class DeployServer : IAsyncDisposable
{
    private const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private readonly DirectoryInfo _folder;

    private DeployServer(WebApplication app, DirectoryInfo folder, Deployment deployment)
    {
        _app = app;
        _folder = folder;
        Deployment = deployment;
        _http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<HostedDeployment>().Urls.Cloud) };
    }

    public static string AdminKey { get; } = AdminKeys.Create("tests", Secret);

    public Deployment Deployment { get; }

    public Uri Address => _http.BaseAddress!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<DeployServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-deploy-");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Services.AddFresnel(options =>
        {
            options.Store = () => new MemoryCommitStore();
            options.DataFolder = folder.FullName;
            options.InstanceName = "tests";
            options.InstanceSecret = Secret;
            options.Environment = Fresnel.Runtime.DeploymentEnvironment.Development;
        });
        var app = builder.Build();
        app.MapFresnel();
        await app.StartAsync(Token);
        return new(app, folder, await app.Services.GetRequiredService<HostedDeployment>().Started);
    }

    /// <summary>Posts a JSON text with the key in the header.</summary>
    public Task<Answer> PostAsync(string path, string json, string? key = null) => SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(json), null, key ?? AdminKey);

    /// <summary>Gets with the key in the header.</summary>
    public Task<Answer> GetAsync(string path, string? key = null) => SendAsync(HttpMethod.Get, path, null, null, key ?? AdminKey);

    /// <summary>Sends a request as it is told.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, byte[]? body, string? encoding, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Convex-Client", "npm-cli-1.48.0");
        if (key is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Convex {key}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        }

        using var response = await _http.SendAsync(request, Token);
        return new((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync(CancellationToken.None); // Else a cron of the pushed app still writes into the folder.
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>What was answered.</summary>
    internal sealed record Answer(int Status, string Body)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;

        public (int Status, string? Code) Error => (Status, Json.GetProperty("code").GetString());
    }
}
