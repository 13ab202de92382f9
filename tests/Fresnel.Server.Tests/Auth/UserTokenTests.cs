using System.Security.Cryptography;
using System.Text;
using Fresnel.Runtime;
using Fresnel.Testing;
using Fresnel.Testing.Issuers;
using Xunit;

namespace Fresnel.Server.Tests.Auth;

/// <summary>Which tokens are taken, who their users are, and what is said of the others.</summary>
public sealed class UserTokenTests
{
    private const string Custom = """{"type":"customJwt","issuer":"{issuer}","jwks":"{jwks}","algorithm":"ES256","applicationID":"app"}""";
    private const string Oidc = """{"domain":"{issuer}","applicationID":"app"}""";
    private const string KeyText = "InvalidAuthHeader: Could not decode token. The JWT's 'kid' (key ID) header is 'ES256-1', does this key match any key in the provider's JWKS?";
    private const string OidcText = "Unauthenticated: Could not verify OIDC token claim. Check that the token signature is valid and the token hasn't expired.";

    [Fact, Spec("client-protocol", 38, 44)]
    public async Task The_claims_of_a_custom_token_are_found_under_their_own_names_and_nested_ones_with_dots()
    {
        await using var test = await IdentityServer.StartAsync("""{"type":"customJwt","issuer":"{issuer}","jwks":"{data}","algorithm":"ES256","applicationID":null}""");
        var token = test.Issuer.Sign(claims =>
        {
            claims["email"] = "ada@example.com";
            claims["given_name"] = "Ada";
            claims["properties"] = new { id = 7, roles = new[] { "admin" }, deep = new { er = true } };
            claims["$odd"] = 1;
            claims["fva"] = new[] { 1 };
            claims["nbf"] = claims["iat"];
            claims["jti"] = "x";
        });
        Assert.Equal(
            (200, """{"email":"ada@example.com","given_name":"Ada","issuer":"ISSUER","properties.deep.er":true,"properties.id":7,"properties.roles":["admin"],"subject":"ada","tokenIdentifier":"ISSUER|ada"}"""),
            await test.AskAsync(token));
    }

    [Fact, Spec("client-protocol", 38)]
    public async Task The_standard_claims_of_an_OIDC_token_have_Convexs_names_and_all_others_stay_as_they_are()
    {
        await using var test = await IdentityServer.StartAsync(Oidc);
        var token = test.Issuer.Sign(
            claims =>
            {
                foreach (var (name, value) in (ReadOnlySpan<(string, object)>)
                    [("name", "Ada L"), ("given_name", "Ada"), ("email", "a@b.c"), ("email_verified", true), ("zoneinfo", "UTC"), ("locale", "en"), ("birthdate", "1815"), ("phone_number_verified", false),
                    ("updated_at", 1_700_000_000), ("address", new { formatted = "London" }), ("org", new { id = 7 }), ("nonce", "n"), ("azp", "x"), ("picture", "p"), ("profile", 5)])
                {
                    claims[name] = value;
                }
            },
            "RS256");
        Assert.Equal(
            (200, """{"address":"London","birthday":"1815","email":"a@b.c","emailVerified":true,"givenName":"Ada","issuer":"ISSUER","language":"en","name":"Ada L","org":{"id":7},"phoneNumberVerified":false,"pictureUrl":"p","subject":"ada","timezone":"UTC","tokenIdentifier":"ISSUER|ada","updatedAt":"2023-11-14T22:13:20+00:00"}"""),
            await test.AskAsync(token));
    }

    [Fact]
    public async Task Nobody_gets_in_by_what_a_token_says_of_its_own_algorithm()
    {
        await using var test = await IdentityServer.StartAsync(Custom);
        var good = test.Issuer.Sign().Split('.');
        var none = TestIssuer.Encode("""{"alg":"none","kid":"ES256-1"}""");
        var hmac = TestIssuer.Encode("""{"alg":"HS256","kid":"ES256-1"}""");
        var forged = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(test.Issuer.Jwks), Encoding.ASCII.GetBytes($"{hmac}.{good[1]}"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        foreach (var token in (string[])[$"{none}.{good[1]}.", $"{none}.{good[1]}.{good[2]}", $"{hmac}.{good[1]}.{forged}", $"{good[0]}.{good[1]}.", $"{good[0]}.{good[1]}.{(good[2][0] == 'A' ? 'B' : 'A')}{good[2][1..]}"])
            Assert.Equal((401, KeyText), await test.AskAsync(token));

        // Rightly signed, but with an extension that one must know.
        Assert.Equal((401, KeyText), await test.AskAsync(test.Issuer.Sign(changeHeader: header => header["crit"] = (string[])["b64"])));

        // Signed by another of the issuer's keys, by an algorithm that was not deployed.
        var other = await test.AskAsync(test.Issuer.Sign(algorithm: "RS256"));
        Assert.Equal((401, KeyText.Replace("ES256", "RS256", StringComparison.Ordinal)), other);
        Assert.Equal(200, (await test.AskAsync(string.Join('.', good))).Status);
    }

    [Fact, Spec("client-protocol", 39, 45)]
    public async Task What_is_wrong_with_a_token_is_said()
    {
        await using var test = await IdentityServer.StartAsync(Custom);
        const string Unreadable = "InvalidAuthHeader: Could not parse JWT payload. Check that the token is a valid JWT format with three base64-encoded parts separated by dots.";
        var good = test.Issuer.Sign();
        foreach (var garbage in (string[])["abc", "a.b.c", "a.b", $"{good}.x", new string('a', 20_000), good.Replace(".", "..", StringComparison.Ordinal), $"a.{TestIssuer.Encode("[]")}.c", $"a.{TestIssuer.Encode("""{"iss":"a","iss":"b"}""")}.c", $"a.{TestIssuer.Encode("""{"iss":"\ud800"}""")}.c"])
            Assert.Equal((401, Unreadable), await test.AskAsync(garbage));

        await RefusedAsync("InvalidAuthHeader: Missing issuer claim ('iss') in JWT payload. The JWT must include an 'iss' claim that matches one of your configured auth providers.", claims => claims["iss"] = null);
        const string NoProvider = "NoAuthProvider: No auth provider found matching the given token. Check that your JWT's issuer and audience match one of your configured providers: [CustomJWT(issuer=ISSUER, app_id=app)]";
        await RefusedAsync(NoProvider, claims => claims["iss"] = "https://elsewhere.example");
        await RefusedAsync(NoProvider, claims => claims["aud"] = "another");
        await RefusedAsync(NoProvider, claims => claims["aud"] = null);
        await RefusedAsync("InvalidAuthHeader: Missing subject", claims => claims["sub"] = null);
        await RefusedAsync("InvalidAuthHeader: Missing expiry", claims => claims["exp"] = null);
        await RefusedAsync("InvalidAuthHeader: Missing expiry", claims => claims["exp"] = "soon");
        await RefusedAsync("InvalidAuthHeader: Could not validate token: the token has expired.", claims => claims["exp"] = (long)claims["iat"]! - 5);
        await RefusedAsync("InvalidAuthHeader: Could not validate token: the token is not valid yet ('nbf').", claims => claims["nbf"] = (long)claims["iat"]! + 7);
        await RefusedAsync("InvalidAuthHeader: Could not validate token: the token was issued in the future ('iat').", claims => claims["iat"] = (long)claims["iat"]! + 7);
        Assert.Equal((401, "InvalidAuthHeader: Could not decode token. JWT may be missing a 'kid' (key ID) header."), await test.AskAsync(test.Issuer.Sign(changeHeader: header => header["kid"] = null)));
        Assert.Equal((401, KeyText.Replace("ES256-1", "gone", StringComparison.Ordinal)), await test.AskAsync(test.Issuer.Sign(changeHeader: header => header["kid"] = "gone")));

        // A little is forgiven, clocks being what they are; and a slash at the end of the issuer, and more audiences than ours.
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(claims => claims["exp"] = (long)claims["iat"]! - 3))).Status);
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(claims => claims["iss"] = $"{claims["iss"]}/"))).Status);
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(claims => claims["aud"] = (string[])["x", "app"]))).Status);

        async Task RefusedAsync(string text, Action<Dictionary<string, object?>> change) => Assert.Equal((401, text), await test.AskAsync(test.Issuer.Sign(change)));
    }

    [Fact]
    public async Task In_production_neither_providers_nor_keys_are_named()
    {
        await using var test = await IdentityServer.StartAsync(Custom, DeploymentEnvironment.Production);
        Assert.Equal((401, "NoAuthProvider: No auth provider found matching the given token"), await test.AskAsync(test.Issuer.Sign(claims => claims["aud"] = "another")));
        const string Redacted = "InvalidAuthHeader: Could not decode token. The JWT's 'kid' (key ID) header doesn't match any key in the provider's JWKS, or the JWT signature is invalid.";
        Assert.Equal((401, Redacted), await test.AskAsync(test.Issuer.Sign(changeHeader: header => header["kid"] = "gone")));
    }

    [Fact, Spec("client-protocol", 39)]
    public async Task An_OIDC_token_is_verified_without_leeway_for_one_audience()
    {
        await using var test = await IdentityServer.StartAsync(Oidc);
        const string NotOidc = "InvalidAuthHeader: Could not parse as OIDC ID token. Token might not be an OIDC-compliant JWT.";
        foreach (var claim in (string[])["sub", "exp", "iat"]) Assert.Equal((401, NotOidc), await test.AskAsync(test.Issuer.Sign(claims => claims[claim] = null, "RS256")));
        Assert.Equal((401, OidcText), await test.AskAsync(test.Issuer.Sign(claims => claims["exp"] = claims["iat"], "RS256")));
        Assert.Equal((401, OidcText), await test.AskAsync(test.Issuer.Sign(claims => claims["aud"] = (string[])["app", "x"], "RS256")));
        Assert.Equal((401, OidcText), await test.AskAsync(test.Issuer.Sign()));
        var good = test.Issuer.Sign(algorithm: "RS256");
        Assert.Equal((401, OidcText), await test.AskAsync(good[..^8] + (good[^8] == 'A' ? 'B' : 'A') + good[^7..]));
        Assert.Equal(200, (await test.AskAsync(good)).Status);
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(algorithm: "RS256", changeHeader: header => header["kid"] = null))).Status);
    }

    [Theory]
    [InlineData(503, 503, "AuthProviderDiscoveryFailed: Auth provider discovery of ISSUER failed: 503 ")]
    [InlineData(429, 429, "AuthProviderDiscoveryFailed: Auth provider discovery of ISSUER failed: 429 ")]
    [InlineData(404, 404, "AuthProviderDiscoveryFailed: Auth provider discovery of ISSUER failed: 404 ")]
    [InlineData(418, 400, "AuthProviderDiscoveryFailed: Auth provider discovery of ISSUER failed: 418 ")]
    public async Task A_provider_that_cannot_be_asked_is_named_and_asked_again_a_second_later(int status, int expected, string text)
    {
        await using var test = await IdentityServer.StartAsync(Oidc);
        test.Issuer.Status = status;
        var (answered, said) = await test.AskAsync(test.Issuer.Sign(algorithm: "RS256"));
        Assert.Equal(expected, answered);
        Assert.StartsWith(text, said, StringComparison.Ordinal);
        test.Issuer.Status = 200;
        Assert.Equal(expected, (await test.AskAsync(test.Issuer.Sign(algorithm: "RS256"))).Status);
        test.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(algorithm: "RS256"))).Status);
    }

    [Fact]
    public async Task Keys_that_cannot_be_had_are_named()
    {
        await using var test = await IdentityServer.StartAsync(Custom);
        test.Issuer.Status = 500;
        Assert.Equal((401, "InvalidAuthHeader: Could not fetch JWKS from URL 'ISSUER/jwks': HTTP 500 Internal Server Error. Check that the URL is correct and accessible."), await test.AskAsync(test.Issuer.Sign()));
        test.Time.Advance(TimeSpan.FromSeconds(1));
        test.Issuer.Status = 200;
        test.Issuer.JwksType = "text/html";
        Assert.Equal((401, "InvalidAuthHeader: Invalid Content-Type 'text/html' when fetching JWKS from 'ISSUER/jwks'. Expected 'application/json' or 'application/jwk-set+json'."), await test.AskAsync(test.Issuer.Sign()));
        test.Time.Advance(TimeSpan.FromSeconds(1));
        test.Issuer.JwksType = "application/jwk-set+json";
        test.Issuer.JwksText = """{"no":"keys"}""";
        Assert.Equal((401, "InvalidAuthHeader: Invalid JWKS response body from 'ISSUER/jwks'. missing field `keys`"), await test.AskAsync(test.Issuer.Sign()));
        test.Time.Advance(TimeSpan.FromSeconds(1));
        test.Issuer.JwksText = """{"keys":[7,{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"},{"kty":"EC"}]}""";
        Assert.Equal((401, KeyText), await test.AskAsync(test.Issuer.Sign()));
    }

    [Fact]
    public async Task New_keys_of_a_provider_are_fetched_when_a_token_names_one_but_not_for_every_forger()
    {
        await using var test = await IdentityServer.StartAsync(Custom);
        for (var i = 0; i < 3; i++) Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
        Assert.Equal(1, test.Issuer.JwksFetches);

        for (var i = 0; i < 3; i++) Assert.Equal(401, (await test.AskAsync(test.Issuer.Sign(changeHeader: header => header["kid"] = $"forged {i}"))).Status);
        Assert.Equal(1, test.Issuer.JwksFetches);

        test.Issuer.KeyNumber = 2;
        test.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
        Assert.Equal(2, test.Issuer.JwksFetches);
        test.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
        Assert.Equal(3, test.Issuer.JwksFetches);
    }

    [Theory]
    [InlineData(Custom, "ES256")]
    [InlineData(Oidc, "RS256")]
    public async Task New_keys_of_a_provider_are_fetched_when_they_have_the_names_of_the_old_ones(string provider, string algorithm)
    {
        await using var test = await IdentityServer.StartAsync(provider);
        await using var other = await TestIssuer.StartAsync(test.Time);
        test.Issuer.JwksText = other.Jwks;
        for (var i = 0; i < 3; i++) Assert.Equal(401, (await test.AskAsync(test.Issuer.Sign(algorithm: algorithm))).Status);
        Assert.Equal(1, test.Issuer.JwksFetches);
        test.Issuer.JwksText = null;
        test.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(algorithm: algorithm))).Status);
        Assert.Equal(2, test.Issuer.JwksFetches);
    }

    [Fact]
    public async Task A_forger_does_not_cost_the_others_the_keys_of_a_provider_that_is_away()
    {
        await using var test = await IdentityServer.StartAsync(Custom);
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
        test.Time.Advance(TimeSpan.FromMinutes(5));
        test.Issuer.Status = 503;
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(401, (await test.AskAsync(test.Issuer.Sign(changeHeader: header => header["kid"] = "forged"))).Status);
            Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
            test.Time.Advance(TimeSpan.FromSeconds(2));
        }

        // What was taken back is gone at the next fetch that succeeds, and the old keys are gone after their ten minutes anyway.
        test.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(401, (await test.AskAsync(test.Issuer.Sign())).Status);
        test.Issuer.Status = 200;
        test.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
    }

    [Fact]
    public async Task Keys_that_a_provider_took_back_are_gone_when_they_were_fetched_again()
    {
        await using var test = await IdentityServer.StartAsync(Custom);
        var old = test.Issuer.Sign();
        Assert.Equal(200, (await test.AskAsync(old)).Status);
        test.Issuer.KeyNumber = 2;
        test.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign())).Status);
        Assert.Equal(401, (await test.AskAsync(old)).Status);
    }

    [Fact]
    public async Task A_provider_may_name_the_encoding_of_its_discovery_document_as_it_likes()
    {
        await using var test = await IdentityServer.StartAsync(Oidc);
        test.Issuer.DiscoveryType = "application/json; charset=utf8";
        Assert.Equal(200, (await test.AskAsync(test.Issuer.Sign(algorithm: "RS256"))).Status);
    }

    [Fact]
    public async Task Without_providers_the_config_is_pointed_at()
    {
        await using var test = await IdentityServer.StartAsync("");
        Assert.Equal((401, "NoAuthProvider: No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts."), await test.AskAsync(test.Issuer.Sign()));
    }
}
