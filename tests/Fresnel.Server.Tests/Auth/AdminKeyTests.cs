using Fresnel.Engine;
using Fresnel.Server.Auth;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.Auth;

public sealed class AdminKeyTests
{
    private const string Secret = ServerTestbed.Secret;

    [Theory]
    [InlineData("")]
    [InlineData("not a secret")]
    public void A_file_that_holds_no_secret_is_named(string text)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "instance-secret");
        File.WriteAllText(file, text);
        var refused = Assert.Throws<FormatException>(() => InstanceSecretFile.ReadOrCreate(folder.Path, SystemEntropy.Instance));
        Assert.Equal($"The file {file} does not hold an instance secret, 64 hex characters. Restore it, or delete it: then a new one is made, and old admin keys no longer work.", refused.Message);
    }

    [Fact]
    public void A_key_is_a_name_a_bar_and_lower_case_hex() => Assert.Matches("^mine\\|[0-9a-f]+$", AdminKeys.Create("mine", Secret));

    [Fact]
    public void A_key_is_good_for_its_own_name_and_secret_only()
    {
        var key = AdminKeys.Create("mine", Secret);
        Assert.True(AdminKeys.Verify(key, "mine", Secret));
        Assert.True(AdminKeys.Verify("prod:" + key, "mine", Secret));
        Assert.False(AdminKeys.Verify(key, "other", Secret));
        Assert.False(AdminKeys.Verify(key, "mine", Secret.Replace('0', '1')));
        Assert.False(AdminKeys.Verify(key.Replace("mine|", "", StringComparison.Ordinal), "mine", Secret));
        Assert.False(AdminKeys.Verify("mine|", "mine", Secret));
        Assert.False(AdminKeys.Verify("mine|zz", "mine", Secret));
    }

    [Fact]
    public void No_character_of_a_key_can_be_changed()
    {
        var key = AdminKeys.Create("mine", Secret);
        for (var at = "mine|".Length; at < key.Length; at++)
        {
            var changed = key[..at] + (key[at] == '0' ? '1' : '0') + key[(at + 1)..];
            Assert.False(AdminKeys.Verify(changed, "mine", Secret), changed);
        }
    }

    [Theory]
    [InlineData("the-key", "the-key", true)]
    [InlineData("mine|the-key", "the-key", true)]
    [InlineData("the-key", "mine|the-key", true)]
    [InlineData("dev:mine|the-key", "mine|the-key", true)]
    [InlineData("other|the-key", "the-key", false)]
    [InlineData("other|the-key", "other|the-key", true)]
    [InlineData("mine|the-other", "the-key", false)]
    [InlineData("", "mine|", false)]
    public void A_stated_key_is_good_with_and_without_the_name(string given, string stated, bool isGood) =>
        Assert.Equal(isGood, AdminKeys.MatchesStated(given, stated, "mine"));

    [Theory]
    [InlineData("", Secret)]
    [InlineData("a:b", Secret)]
    [InlineData("a|b", Secret)]
    [InlineData("mine", "short")]
    public void A_name_or_secret_that_is_none_is_refused(string name, string secret) => Assert.Throws<FormatException>(() => AdminKeys.Create(name, secret));

    [Fact, Spec("client-protocol", 41)]
    public async Task A_socket_becomes_an_admin_and_nobody_again()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync($$"""{"type":"Authenticate","baseVersion":0,"tokenType":"Admin","value":"{{ServerTestbed.AdminKey}}"}""");
        Assert.Equal(1, (await client.TransitionAsync()).GetProperty("endVersion").GetProperty("identity").GetInt32());

        await client.AddAsync(0, "numbers:secret");
        Assert.Equal("hidden", (await client.TransitionAsync()).GetProperty("modifications")[0].GetProperty("value").GetString());

        await client.SendAsync("""{"type":"Authenticate","baseVersion":1,"tokenType":"None"}""");
        var nobody = await client.TransitionAsync();
        Assert.Equal(2, nobody.GetProperty("endVersion").GetProperty("identity").GetInt32());
        Assert.Equal("QueryFailed", nobody.GetProperty("modifications")[0].GetProperty("type").GetString());
    }

    [Fact, Spec("client-protocol", 43)]
    public async Task A_mutation_runs_as_whoever_was_authenticated_before_it()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.AddAsync(0, "numbers:whoami");
        await client.TransitionAsync();
        await client.SendAsync($$"""{"type":"Authenticate","baseVersion":0,"tokenType":"Admin","value":"{{ServerTestbed.AdminKey}}","impersonating":{"issuer":"i","subject":"s"} }""");
        Assert.Equal("i|s", (await client.TransitionAsync()).GetProperty("modifications")[0].GetProperty("value").GetProperty("tokenIdentifier").GetString());
    }

    [Theory, Spec("client-protocol", 39)]
    [InlineData("""{"type":"Authenticate","baseVersion":0,"tokenType":"Admin","value":"tests|00"}""", "The provided admin key was invalid for this instance")]
    [InlineData("""{"type":"Authenticate","baseVersion":0,"tokenType":"User","value":"a.b.c"}""", "Could not parse JWT payload.")]
    [InlineData("""{"type":"Authenticate","baseVersion":0,"tokenType":"Admin","value":"KEY","impersonating":{"name":"x"}}""", "Either \"tokenIdentifier\" or \"issuer\" and \"subject\" must be set")]
    public async Task A_token_that_is_refused_ends_the_socket_with_an_auth_error(string message, string text)
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.SendAsync(message.Replace("KEY", ServerTestbed.AdminKey, StringComparison.Ordinal));

        var error = await client.ReadToCloseAsync();

        Assert.Equal("AuthError", error!.Value.GetProperty("type").GetString());
        Assert.Contains(text, error.Value.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(error.Value.GetProperty("authUpdateAttempted").GetBoolean());
        Assert.Equal(0, error.Value.GetProperty("baseVersion").GetInt32());
        Assert.True(client.IsClosedWithoutStatus);
    }

    [Fact]
    public async Task Components_are_out_of_reach_for_those_who_are_not_admins()
    {
        await using var server = await ServerTestbed.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.ModifyAsync("""{"type":"Add","queryId":0,"udfPath":"numbers:list","args":[{"table":"a"}],"componentPath":"waitlist"}""");
        Assert.Null(await client.ReadToCloseAsync());
        Assert.Equal(1011, (int)client.CloseStatus!);
    }
}
