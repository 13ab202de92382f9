using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary><c>ctx.auth.signJwt</c>, by the unmodified client library.</summary>
public sealed class SignedTokenTests
{
    private const string Source = """
        import { actionGeneric as action, anyApi, mutationGeneric as mutation, queryGeneric as query } from "convex/server";

        export const sign = mutation((ctx, options) => ctx.auth.signJwt(options));
        export const timed = mutation(async (ctx) => [await ctx.auth.signJwt({ expiresInSeconds: 60 }), Math.floor(Date.now() / 1000), process.env.CONVEX_CLOUD_URL]);
        export const nested = mutation((ctx, options) => ctx.runMutation(anyApi.app.sign, options));
        export const acting = action((ctx, options) => ctx.runMutation(anyApi.app.sign, options));
        export const caught = mutation((ctx, options) => ctx.auth.signJwt(options).catch((error) => error.message));
        export const elsewhere = query((ctx) => typeof ctx.auth.signJwt);
        export const byHand = query(async () => { await Convex.asyncSyscall("1.0/signJwt", JSON.stringify({ requestId: "", expiresInSeconds: 60 })); });
        """;

    [Fact]
    public async Task A_mutation_signs_what_it_is_told_to_with_the_deployments_key()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        var keys = JsonNode.Parse(app.Deployment.Tokens.PublicKeys.Span)!["keys"]!.AsArray();
        var key = Assert.Single(keys)!;

        var timed = JsonNode.Parse(await app.MutateAsync("timed"))!;
        var (header, payload) = Verify(timed[0]!.GetValue<string>(), key);
        var now = timed[1]!.GetValue<long>();
        Assert.Equal($$"""{"alg":"ES256","kid":"{{key["kid"]}}","typ":"JWT"}""", header);
        Assert.Equal($$"""{"iss":"{{timed[2]}}","iat":{{now}},"exp":{{now + 60}}}""", payload);

        const string Options = """{"claims":{"sub":"ada","room":{"a":[1,null,"ü"]},"aud":["x"]},"expiresInSeconds":3600}""";
        foreach (var token in new[] { await app.MutateAsync("sign", Options), await app.MutateAsync("nested", Options), await app.ActAsync("acting", Options) })
        {
            var claims = JsonNode.Parse(Verify(JsonNode.Parse(token)!.GetValue<string>(), key).Payload)!;
            Assert.Equal(3600, claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>());
            Assert.Equal("ada", claims["sub"]!.GetValue<string>());
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"a":[1,null,"ü"]}"""), claims["room"]));
        }

        Assert.Equal("\"undefined\"", await app.QueryAsync("elsewhere"));
        Assert.Equal("Uncaught Error: `auth.signJwt` is not available in a query.", (await app.ErrorAsync("byHand")).Message);

        foreach (var (given, cause) in Refused)
            Assert.Equal($"Invalid argument {cause}", JsonNode.Parse(await app.MutateAsync("caught", given))!.GetValue<string>());
        Assert.StartsWith("ey", JsonNode.Parse(await app.MutateAsync("caught", """{"expiresInSeconds":1,"claims":{"ISS":1,"iss_":1,"my_convex":1,"cv":1}}"""))!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_outlives_a_restart_and_is_nobody_elses()
    {
        var store = new MemoryCommitStore();
        var functions = new FakeFunctions()
            .Mutation("tokens:sign", call => call.Syscall("1.0/signJwt", """{"expiresInSeconds":1}"""))
            .Action("tokens:act", call => call.Syscall("1.0/signJwt", """{"expiresInSeconds":1}"""));
        string token, keys;
        await using (var test = await StartAsync(functions, store: store))
        {
            token = ValueOf(await test.MutateAsync("tokens:sign")).Trim('"');
            Assert.Equal("Uncaught Error: `1.0/signJwt` is not available in an action.", (await test.ActAsync("tokens:act")).Error!.Message);
            keys = Encoding.UTF8.GetString(test.Deployment.Tokens.PublicKeys.Span);
        }

        await using var later = await StartAsync(functions, store: store);
        Assert.Equal(keys, Encoding.UTF8.GetString(later.Deployment.Tokens.PublicKeys.Span));
        Verify(token, JsonNode.Parse(keys)!["keys"]![0]!);
        await using var another = await StartAsync(functions);
        Assert.NotEqual(keys, Encoding.UTF8.GetString(another.Deployment.Tokens.PublicKeys.Span));
    }

    [Fact]
    public void A_keys_name_is_the_thumbprint_of_it()
    {
        using var signer = new TokenSigner(new byte[32]);
        var key = JsonNode.Parse(signer.PublicKeys.Span)!["keys"]![0]!;
        var thumbprint = SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{key["x"]}}","y":"{{key["y"]}}"}"""));
        Assert.Equal(Base64Url.EncodeToString(thumbprint), key["kid"]!.GetValue<string>());
        Assert.Equal(["kty", "crv", "x", "y", "kid", "alg", "use"], key.AsObject().Select(member => member.Key)); // And nothing of the private key.
    }

    private static IEnumerable<(string Given, string Cause)> Refused =>
    [
        .. new[] { "0", "0.9", "-1", "3600.5", "3601", "1e300" }.Select(seconds => ($$"""{"expiresInSeconds":{{seconds}}}""", "`expiresInSeconds` for `auth.signJwt`: Must be at least 1 and at most 3600")),
        ("{}", "`expiresInSeconds` for `auth.signJwt`: Expected a number"),
        ("""{"expiresInSeconds":"60"}""", "`expiresInSeconds` for `auth.signJwt`: Expected a number"),
        .. new[] { "null", "[]", "\"sub\"" }.Select(claims => ($$"""{"expiresInSeconds":60,"claims":{{claims}}}""", "`claims` for `auth.signJwt`: Expected an object")),
        .. new[] { "iss", "iat", "exp", "nbf" }.Select(name => ($$$"""{"expiresInSeconds":60,"claims":{"sub":"a","{{{name}}}":1}}""", $"`claims` for `auth.signJwt`: The claim \"{name}\" is reserved and may not be set")),
        .. new[] { ("convex", "convex"), ("cOnVeX_role", "convex"), ("cvx", "cvx"), ("CVXrole", "cvx") }.Select(name =>
            ($$$"""{"expiresInSeconds":60,"claims":{"{{{name.Item1}}}":1}}""", $"`claims` for `auth.signJwt`: The claim \"{name.Item1}\" starts with \"{name.Item2}\", which is reserved")),
    ];

    /// <summary>The header and the payload of a token whose signature holds.</summary>
    private static (string Header, string Payload) Verify(string token, JsonNode key)
    {
        var parts = token.Split('.');
        using var ec = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Decode(key["x"]), Y = Decode(key["y"]) } });
        Assert.True(ec.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        return (Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])), Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])));

        static byte[] Decode(JsonNode? coordinate) => Base64Url.DecodeFromChars(coordinate!.GetValue<string>());
    }
}
