using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fresnel.Testing.Issuers;

/// <summary>Somebody who says who users are: signs tokens, and serves its keys and an OIDC discovery document, in whatever bad shape a test wants.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TimeProvider _time;
    private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly RSA _rsa = RSA.Create(2048);

    private TestIssuer(WebApplication app, TimeProvider time)
    {
        _app = app;
        _time = time;
    }

    /// <summary>Its origin; the <c>iss</c> of its tokens unless a claim says otherwise.</summary>
    public string Url => _app.Urls.First();

    /// <summary>Where its keys are.</summary>
    public string JwksUrl => $"{Url}/jwks";

    /// <summary>Its keys as a <c>data:</c> URI.</summary>
    public string JwksData => $"data:application/json;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(Jwks))}";

    /// <summary>Its keys as JSON.</summary>
    public string Jwks
    {
        get
        {
            var (ec, rsa) = (_ec.ExportParameters(false), _rsa.ExportParameters(false));
            return JsonSerializer.Serialize(new
            {
                keys = new object[]
                {
                    new { kty = "EC", crv = "P-256", kid = $"ES256-{KeyNumber}", use = "sig", alg = "ES256", x = Encode(ec.Q.X!), y = Encode(ec.Q.Y!) },
                    new { kty = "RSA", kid = $"RS256-{KeyNumber}", use = "sig", n = Encode(rsa.Modulus!), e = Encode(rsa.Exponent!) },
                    new { kty = "OKP", crv = "Ed25519", kid = "unused", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" },
                },
            });
        }
    }

    /// <summary>Stands in the names of its keys; a test that changes it has rotated them.</summary>
    public int KeyNumber { get; set; } = 1;

    /// <summary>The status of everything it serves. Default 200.</summary>
    public int Status { get; set; } = 200;

    /// <summary>The content type of its discovery document.</summary>
    public string DiscoveryType { get; set; } = "application/json";

    /// <summary>The content type of its keys.</summary>
    public string JwksType { get; set; } = "application/json";

    /// <summary>What it serves in the place of its keys; null for them.</summary>
    public string? JwksText { get; set; }

    /// <summary>How often its keys were fetched.</summary>
    public int JwksFetches { get; private set; }

    /// <summary>Starts one on a free port.</summary>
    public static async Task<TestIssuer> StartAsync(TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var issuer = new TestIssuer(app, time ?? TimeProvider.System);
        app.MapGet("/.well-known/openid-configuration", http => issuer.ServeAsync(http, issuer.DiscoveryType, $$"""{"issuer":"{{issuer.Url}}","jwks_uri":"{{issuer.JwksUrl}}"}"""));
        app.MapGet("/jwks", http =>
        {
            issuer.JwksFetches++;
            return issuer.ServeAsync(http, issuer.JwksType, issuer.JwksText ?? issuer.Jwks);
        });

        // For scripts: a token of a user, by the query string.
        app.MapGet("/token", http => issuer.ServeAsync(http, "text/plain", issuer.Sign(http.Request.Query)));
        await app.StartAsync();
        return issuer;
    }

    /// <summary>Signs a token. Without changes it is of user <c>ada</c>, for the application <c>app</c>, good for an hour.</summary>
    /// <param name="change">Changes the claims; null removes one.</param>
    /// <param name="algorithm"><c>ES256</c> or <c>RS256</c>.</param>
    /// <param name="changeHeader">Changes the header.</param>
    public string Sign(Action<Dictionary<string, object?>>? change = null, string algorithm = "ES256", Action<Dictionary<string, object?>>? changeHeader = null)
    {
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        var header = new Dictionary<string, object?> { ["alg"] = algorithm, ["kid"] = $"{algorithm}-{KeyNumber}", ["typ"] = "JWT" };
        var claims = new Dictionary<string, object?> { ["iss"] = Url, ["sub"] = "ada", ["aud"] = "app", ["iat"] = now, ["exp"] = now + 3600 };
        change?.Invoke(claims);
        changeHeader?.Invoke(header);
        var content = $"{Encode(header)}.{Encode(claims)}";
        var bytes = Encoding.ASCII.GetBytes(content);
        var signature = algorithm == "RS256"
            ? _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : _ec.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{content}.{Encode(signature)}";
    }

    /// <summary>The part of a token that holds this JSON.</summary>
    public static string Encode(string json) => Encode(Encoding.UTF8.GetBytes(json));

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _ec.Dispose();
        _rsa.Dispose();
    }

    private string Sign(IQueryCollection asked) => Sign(
        claims =>
        {
            if (asked["sub"].ToString() is { Length: > 0 } subject) claims["sub"] = subject;
            if (asked["aud"].ToString() is { Length: > 0 } audience) claims["aud"] = audience;
            if (asked["role"].ToString() is { Length: > 0 } role) claims["role"] = role;
            if (asked["seconds"].ToString() is { Length: > 0 } seconds) claims["exp"] = (long)claims["iat"]! + long.Parse(seconds, CultureInfo.InvariantCulture);
            claims["jti"] = Guid.NewGuid().ToString();
        },
        asked["alg"].ToString() is { Length: > 0 } algorithm ? algorithm : "ES256");

    private async Task ServeAsync(HttpContext http, string type, string text)
    {
        http.Response.StatusCode = Status;
        http.Response.ContentType = type;
        http.Response.Headers.AccessControlAllowOrigin = "*";
        await http.Response.WriteAsync(text, http.RequestAborted);
    }

    private static string Encode(Dictionary<string, object?> part) =>
        Encode(JsonSerializer.SerializeToUtf8Bytes(part.Where(claim => claim.Value is not null).ToDictionary(claim => claim.Key, claim => claim.Value)));

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
