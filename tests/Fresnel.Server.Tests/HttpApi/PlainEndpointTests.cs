using System.Net;
using Fresnel.Testing;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace Fresnel.Server.Tests.HttpApi;

public sealed class PlainEndpointTests
{
    private const string Keys = "/.well-known/jwks.json";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/", "This Convex deployment is running. See https://docs.convex.dev/.")]
    [InlineData("/instance_name", "tests")]
    [InlineData("/health", "ok")]
    public async Task Plain_routes_answer_with_text(string route, string text)
    {
        await using var server = await ServerTestbed.StartAsync();
        Assert.Equal(text, await server.Http.GetStringAsync(route, Token));
    }

    [Fact]
    public async Task An_applications_own_page_stands_before_the_greeting()
    {
        await using var server = await ServerTestbed.StartAsync(map: app => app.MapGet("/", () => "my page"));
        Assert.Equal("my page", await server.Http.GetStringAsync("/", Token));
        Assert.Equal("tests", await server.Http.GetStringAsync("/instance_name", Token));
    }

    [Fact]
    public async Task The_key_of_the_tokens_that_mutations_sign_is_public_and_may_be_kept_for_a_while()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, Keys);
        request.Headers.Add("Origin", "https://app.example.com");
        using var answer = await server.Http.SendAsync(request, Token);
        Assert.Equal(
            ("application/json", "public, max-age=300", "https://app.example.com"), (answer.Content.Headers.ContentType!.ToString(), Header(answer, "Cache-Control"), Header(answer, "Access-Control-Allow-Origin")));
        Assert.Equal(server.Deployment.Tokens.PublicKeys.ToArray(), await answer.Content.ReadAsByteArrayAsync(Token));
        using var site = await server.Http.GetAsync(server.SiteUrl + Keys, Token);
        Assert.Equal(HttpStatusCode.NotFound, site.StatusCode); // There it is for the app's HTTP actions to say.
    }

    [Fact]
    public async Task An_applications_own_keys_stand_before_those()
    {
        await using var server = await ServerTestbed.StartAsync(map: app => app.MapGet(Keys, () => "my keys"));
        Assert.Equal("my keys", await server.Http.GetStringAsync(Keys, Token));
    }

    [Fact]
    public async Task The_version_is_told()
    {
        await using var server = await ServerTestbed.StartAsync();
        var version = await server.Http.GetStringAsync("/version", Token);
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+", version);
        Assert.Equal(version, await server.Http.GetStringAsync("/instance_version", Token));
    }

    [Fact]
    public async Task What_is_not_there_is_404()
    {
        await using var server = await ServerTestbed.StartAsync();
        Assert.Equal(404, (await FunctionEndpointTests.PostAsync(server, "/api/messages", "{}")).Status);
    }

    [Theory]
    [InlineData("/api/storage/upload", "File storage is")]
    [InlineData("/api/import/start_upload", "npx convex import is")]
    [InlineData("/api/export/request/zip", "npx convex export is")]
    [InlineData("/api/run_test_function", "npx convex run --inline-query is")]
    public async Task What_is_not_built_says_so(string path, string what)
    {
        await using var server = await ServerTestbed.StartAsync();
        var (status, body) = await FunctionEndpointTests.PostAsync(server, path, "{}");
        Assert.Equal((501, $$"""{"code":"NotBuiltYet","message":"{{what}} not built yet in this version of Fresnel."}"""), (status, body));
    }

    [Fact]
    public async Task An_echo_returns_its_body_also_a_large_one()
    {
        await using var server = await ServerTestbed.StartAsync();
        var bytes = new byte[40 << 20];
        Random.Shared.NextBytes(bytes);
        using var content = new ByteArrayContent(bytes);
        using var answer = await server.Http.PostAsync("/echo", content, Token);
        Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Theory, Spec("client-protocol", 53)]
    [InlineData("/api/query")]
    [InlineData("/api/run/messages/list")]
    [InlineData("/version")]
    public async Task A_preflight_from_anywhere_succeeds(string route)
    {
        await using var server = await ServerTestbed.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, route);
        request.Headers.Add("Origin", "https://app.example.com");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,convex-client,content-type");
        using var answer = await server.Http.SendAsync(request, Token);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("https://app.example.com", Header(answer, "Access-Control-Allow-Origin"));
        Assert.Equal("authorization,convex-client,content-type", Header(answer, "Access-Control-Allow-Headers"));
        Assert.Equal("true", Header(answer, "Access-Control-Allow-Credentials"));
        Assert.Equal("86400", Header(answer, "Access-Control-Max-Age"));
        Assert.Equal("GET, POST, OPTIONS, PATCH, DELETE, PUT", Header(answer, "Access-Control-Allow-Methods"));
    }

    [Fact]
    public async Task Errors_too_may_be_read_by_pages_of_other_origins()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/query");
        request.Headers.Add("Origin", "https://app.example.com");
        using var answer = await server.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("https://app.example.com", Header(answer, "Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task The_site_has_a_port_of_its_own_and_nothing_else_answers_there()
    {
        await using var server = await ServerTestbed.StartAsync();
        using var site = new HttpClient { BaseAddress = new Uri(server.SiteUrl) };
        Assert.NotEqual(server.Http.BaseAddress, site.BaseAddress);
        foreach (var route in (string[])["/", "/version", "/api/query", "/anything"])
        {
            using var answer = await site.GetAsync(route, Token);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("This Convex deployment does not have HTTP actions enabled.", await answer.Content.ReadAsStringAsync(Token));
        }

        using var under = await server.Http.GetAsync("/http/anything", Token);
        Assert.Equal("This Convex deployment does not have HTTP actions enabled.", await under.Content.ReadAsStringAsync(Token));
    }

    private static string Header(HttpResponseMessage answer, string name) => string.Join(',', answer.Headers.GetValues(name));
}
