using System.Text.Json;
using Fresnel.Server.Tests.Sync;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.Auth;

/// <summary>Identities of users on a sync socket: signing in, staying, running out.</summary>
public sealed class SocketIdentityTests
{
    private const string Provider = """{"type":"customJwt","issuer":"{issuer}","jwks":"{data}","algorithm":"ES256"}""";

    [Fact, Spec("client-protocol", 38, 41, 42)]
    public async Task Signing_in_and_out_moves_the_identity_and_tells_only_what_differs()
    {
        await using var test = await IdentityServer.StartAsync(Provider);
        await using var client = await test.Server.ConnectAsync();
        await client.AddAsync(0, "numbers:whoami");
        await client.TransitionAsync();

        await SignInAsync(client, 0, test.Issuer.Sign());
        var signedIn = await client.TransitionAsync();
        Assert.Equal(1, IdentityOf(signedIn));
        Assert.Equal($"{test.Issuer.Url}|ada", signedIn.GetProperty("modifications")[0].GetProperty("value").GetProperty("tokenIdentifier").GetString());

        // The same user with a fresh token is the same user.
        await SignInAsync(client, 1, test.Issuer.Sign(claims => claims["jti"] = "fresh"));
        var again = await client.TransitionAsync();
        Assert.Equal((2, 0), (IdentityOf(again), again.GetProperty("modifications").GetArrayLength()));

        await client.SendAsync("""{"type":"Authenticate","baseVersion":2,"tokenType":"None"}""");
        var signedOut = await client.TransitionAsync();
        Assert.Equal(3, IdentityOf(signedOut));
        Assert.Equal(JsonValueKind.Null, signedOut.GetProperty("modifications")[0].GetProperty("value").ValueKind);
    }

    [Fact, Spec("client-protocol", 39)]
    public async Task A_refused_token_ends_the_socket_and_names_the_identity_that_was_shown()
    {
        await using var test = await IdentityServer.StartAsync(Provider);
        await using var client = await test.Server.ConnectAsync();
        await SignInAsync(client, 0, test.Issuer.Sign());
        await client.TransitionAsync();
        await SignInAsync(client, 1, test.Issuer.Sign(claims => claims["exp"] = 1));
        await client.MutateAsync(0, "numbers:nothing");

        var error = await client.ExpectAsync("AuthError");
        Assert.Equal("Could not validate token: the token has expired.", error.GetProperty("error").GetString());
        Assert.Equal((1, true), (error.GetProperty("baseVersion").GetInt32(), error.GetProperty("authUpdateAttempted").GetBoolean()));
        Assert.Null(await client.NextAsync());
        Assert.True(client.IsClosedWithoutStatus);
    }

    [Theory, Spec("client-protocol", 40)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_identity_that_has_expired_ends_the_socket_when_something_is_asked_or_told(bool byMutation)
    {
        await using var test = await IdentityServer.StartAsync(Provider);
        await using var client = await test.Server.ConnectAsync();
        await client.AddAsync(0, "numbers:list", """{"table":"a"}""");
        await SignInAsync(client, 0, test.Issuer.Sign());
        while (IdentityOf(await client.TransitionAsync()) < 1)
        {
            // Both changes may be told together or one after the other.
        }

        test.Time.Advance(TimeSpan.FromHours(1));
        if (byMutation)
        {
            await client.MutateAsync(0, "numbers:nothing");
        }
        else
        {
            await using var other = await test.Server.ConnectAsync();
            await other.MutateAsync(0, "numbers:add", """{"table":"a","n":1}""");
            await other.ExpectAsync("MutationResponse");
        }

        var error = await client.ExpectAsync("AuthError");
        Assert.Equal(("Convex token identity expired", false), (error.GetProperty("error").GetString(), error.GetProperty("authUpdateAttempted").GetBoolean()));
        Assert.Null(await client.NextAsync());
        Assert.True(client.IsClosedWithoutStatus);
        Assert.Equal(byMutation ? 0 : 1, test.Server.Functions.Runs);
    }

    [Fact, Spec("client-protocol", 43)]
    public async Task What_was_sent_before_a_sign_in_runs_as_before_and_what_was_sent_after_it_as_after()
    {
        await using var test = await IdentityServer.StartAsync("""{"type":"customJwt","issuer":"{issuer}","jwks":"{jwks}","algorithm":"ES256"}""");
        await using var client = await test.Server.ConnectAsync();
        await client.AddAsync(0, "numbers:whoami");
        await SignInAsync(client, 0, test.Issuer.Sign());
        await client.ModifyAsync("""{"type":"Add","queryId":1,"udfPath":"numbers:whoami","args":[{"again":true}]}""");
        var shown = new Dictionary<int, string>();
        while (shown.Count(entry => entry.Value != "null") < 2)
        {
            foreach (var modification in (await client.TransitionAsync()).GetProperty("modifications").EnumerateArray()) shown[modification.GetProperty("queryId").GetInt32()] = modification.GetProperty("value").GetRawText();
        }

        Assert.Equal(shown[0], shown[1]);
    }

    [Fact]
    public async Task A_provider_that_is_down_makes_the_client_come_back_and_does_not_sign_it_out()
    {
        await using var test = await IdentityServer.StartAsync("""{"domain":"{issuer}","applicationID":"app"}""");
        test.Issuer.Status = 503;
        await using var client = await test.Server.ConnectAsync();
        await SignInAsync(client, 0, test.Issuer.Sign(algorithm: "RS256"));
        Assert.Null(await client.NextAsync());
        Assert.Equal((1013, "AuthProviderDiscoveryFailed"), ((int)client.CloseStatus!, client.CloseReason));
    }

    private static Task SignInAsync(SyncTestClient client, int baseVersion, string token) =>
        client.SendAsync($$"""{"type":"Authenticate","baseVersion":{{baseVersion}},"tokenType":"User","value":"{{token}}"}""");

    private static int IdentityOf(JsonElement transition) => transition.GetProperty("endVersion").GetProperty("identity").GetInt32();
}
