using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Fresnel.Testing.Hosts;
using Xunit;

namespace Fresnel.Conformance.Host;

/// <summary>The <c>fresnel</c> tool from outside.</summary>
public sealed class HostTests
{
    private const string Secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    [Fact]
    public async Task It_answers_on_the_addresses_that_it_prints()
    {
        await using var host = await HostProcess.StartAsync();

        Assert.Equal(HttpStatusCode.OK, await GetAsync($"{host.Url}/version"));
        Assert.Equal(HttpStatusCode.OK, await GetAsync($"{host.Url}/health"));
        Assert.Equal(HttpStatusCode.NotFound, await GetAsync($"{host.SiteUrl}/anything"));
        Assert.NotEqual(new Uri(host.Url).Port, new Uri(host.SiteUrl).Port);
    }

    [Fact]
    public async Task A_port_is_the_same_on_both_loopbacks()
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var host = await HostProcess.StartAsync();

        Assert.Equal(HttpStatusCode.OK, await GetAsync($"http://[::1]:{new Uri(host.Url).Port}/version"));
    }

    [Fact]
    public async Task A_key_made_by_keygen_opens_the_instance_with_that_name_and_secret()
    {
        var made = await HostProcess.RunToEndAsync(HostProgram.Fresnel, ["keygen", "admin-key", "--instance-name", "notes", "--instance-secret", Secret]);
        Assert.Equal((0, ""), (made.ExitCode, made.Errors));
        var key = Assert.Single(made.Output.TrimEnd().Split('\n'));
        Assert.StartsWith("notes|", key, StringComparison.Ordinal);

        await using var host = await HostProcess.StartAsync(new HostOptions { Arguments = ["--instance-name", "notes", "--instance-secret", Secret, "--admin-key", "verbatim"] });

        Assert.Equal(HttpStatusCode.OK, await SetVariableAsync(host, key));
        Assert.Equal(HttpStatusCode.OK, await SetVariableAsync(host, "notes|verbatim"));
        Assert.Equal(HttpStatusCode.Forbidden, await SetVariableAsync(host, "notes|0102"));
        Assert.Equal("verbatim", host.AdminKey);
    }

    [Fact]
    public async Task Keygen_without_a_secret_says_what_is_missing()
    {
        var ended = await HostProcess.RunToEndAsync(HostProgram.Fresnel, ["keygen", "admin-key", "--instance-name", "notes"]);

        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains("--instance-secret", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_and_secret_may_come_from_the_environment_and_the_secret_is_kept_otherwise()
    {
        await using var named = await HostProcess.StartAsync(new HostOptions
        {
            Environment = new Dictionary<string, string?> { ["INSTANCE_NAME"] = "from-environment", ["INSTANCE_SECRET"] = Secret },
        });
        Assert.StartsWith("from-environment|", named.AdminKey, StringComparison.Ordinal);

        var first = await HostProcess.StartAsync();
        Assert.Equal(0, await first.StopAsync());
        await using var second = await first.RestartAsync();
        await first.DisposeAsync();
        Assert.Equal(HttpStatusCode.OK, await SetVariableAsync(second, first.AdminKey));
    }

    [Fact]
    public async Task A_request_to_stop_ends_it_with_success_and_it_says_that_it_stops()
    {
        await using var host = await HostProcess.StartAsync();

        Assert.Equal(0, await host.StopAsync());
        Assert.Contains("Stopping. HTTP calls under way have 30 s to end.", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_a_proxy_it_tells_the_origins_of_the_proxy()
    {
        await using var host = await HostProcess.StartAsync(new HostOptions
        {
            Arguments = ["--cloud-origin", "https://api.example.com/"],
            Environment = new Dictionary<string, string?> { ["CONVEX_SITE_ORIGIN"] = "https://example.com" },
        });

        Assert.Equal(("https://api.example.com", "https://example.com"), (host.Url, host.SiteUrl));
    }

    [Fact]
    public async Task An_origin_with_a_path_is_refused()
    {
        var ended = await HostProcess.RunToEndAsync(HostProgram.Fresnel, ["--site-origin", "https://example.com/actions"]);

        Assert.Equal((1, "The site origin is a URL of http or https without a path, such as https://api.example.com; \"https://example.com/actions\" is not."), (ended.ExitCode, ended.Errors.Trim()));
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var help = await HostProcess.RunToEndAsync(HostProgram.Fresnel, ["--help"]);

        Assert.Equal(0, help.ExitCode);
        Assert.All(
            (string[])["start", "keygen", "--data", "--host", "--port", "--site-port", "--cloud-origin", "--site-origin", "--instance-name", "--instance-secret", "--admin-key", "--environment", "--memory", "limits.md"],
            name => Assert.Contains(name, help.Output, StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> GetAsync(string address)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(address, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> SetVariableAsync(HostProcess host, string key)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Convex", key);
        using var response = await http.PostAsJsonAsync($"{host.Url}/api/update_environment_variables", new { changes = new[] { new { name = "GREETING", value = "hello" } } }, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
