using System.Net;
using Fresnel.Server.Tests.Auth;
using Xunit;

namespace Fresnel.Server.Tests.HttpApi;

/// <summary>What the site answers before any HTTP action is asked.</summary>
public sealed class SiteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_of_the_servers_own_is_answered_in_its_one_form_and_tells_nothing()
    {
        await using var test = await IdentityServer.StartAsync("what no push would store");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{test.Server.SiteUrl}/path");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {test.Issuer.Sign()}");
        using var answer = await test.Server.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("""{"code":"InternalServerError","message":"Your request couldn't be completed. Try again later."}""", await answer.Content.ReadAsStringAsync(Token));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task An_app_that_gives_it_no_port_of_its_own_has_it_below_its_own_address()
    {
        await using var server = await ServerTestbed.StartAsync(hasSite: false);
        Assert.Equal($"{server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)}/http", server.SiteUrl);
        using var answer = await server.Http.GetAsync($"{server.SiteUrl}/path", Token);
        Assert.Equal("This Convex deployment does not have HTTP actions enabled.", await answer.Content.ReadAsStringAsync(Token));
    }
}
