using System.Text;
using System.Text.Json;
using Fresnel.Runtime;
using Fresnel.Testing;
using Fresnel.Testing.Issuers;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.Auth;

/// <summary>A server that trusts a test issuer, and a clock that both go by.</summary>
internal sealed class IdentityServer : IAsyncDisposable
{
    private IdentityServer(ServerTestbed server, TestIssuer issuer, ManualTime time)
    {
        Server = server;
        Issuer = issuer;
        Time = time;
    }

    public ServerTestbed Server { get; }

    public TestIssuer Issuer { get; }

    public ManualTime Time { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts one with a provider: <c>{issuer}</c>, <c>{jwks}</c> and <c>{data}</c> stand for the issuer's addresses.</summary>
    public static async Task<IdentityServer> StartAsync(string providers, DeploymentEnvironment environment = DeploymentEnvironment.Development)
    {
        var time = new ManualTime();
        var issuer = await TestIssuer.StartAsync(time);
        var server = await ServerTestbed.StartAsync(options =>
        {
            options.Time = time;
            options.Environment = environment;
        });
        var transaction = server.Deployment.Database.BeginWrite();
        var json = providers.Replace("{issuer}", issuer.Url, StringComparison.Ordinal).Replace("{jwks}", issuer.JwksUrl, StringComparison.Ordinal).Replace("{data}", issuer.JwksData, StringComparison.Ordinal);
        await transaction.InsertAsync(transaction.FindTable("", "_auth")!, ValueObject.Create(("providers", $"[{json}]")), Token);
        await (await server.Deployment.Database.SubmitAsync(transaction, Token)).Published;
        return new(server, issuer, time);
    }

    /// <summary>Asks with a token who one is: the status and what stands in the answer.</summary>
    public async Task<(int Status, string Text)> AskAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/query") { Content = new StringContent("""{"path":"numbers:whoami","args":{}}""", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var answer = await Server.Http.SendAsync(request, Token);
        var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement;
        return ((int)answer.StatusCode, (answer.IsSuccessStatusCode ? body.GetProperty("value").GetRawText() : $"{body.GetProperty("code").GetString()}: {body.GetProperty("message").GetString()}").Replace(Issuer.Url, "ISSUER", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
