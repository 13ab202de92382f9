using System.Text.Json.Nodes;
using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class MetadataTests
{
    [Fact]
    public async Task A_function_knows_its_name_and_deployment()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("dir/meta:get", async call => new JsonArray(
            JsonNode.Parse(await call.Syscall("1.0/getFunctionMetadata", "{}")),
            JsonNode.Parse(await call.Syscall("1.0/getDeploymentMetadata", "{}"))).ToJsonString()));
        Assert.Equal(
            """[{"componentPath":"","name":"dir/meta:get"},{"class":"s16","name":"fresnel","region":null}]""", ValueOf(await test.QueryAsync("dir/meta:get")));
    }

    [Fact]
    public async Task The_request_is_known_everywhere_but_in_queries()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("meta:query", call => call.Syscall("1.0/getRequestMetadata", "{}"))
            .Mutation("meta:mutation", call => call.Syscall("1.0/getRequestMetadata", "{}"))
            .Action("meta:action", call => ActionTests.Call(call, "mutation", "meta:mutation")));
        Assert.Equal("Uncaught Error: Cannot get request metadata in a Query", (await test.QueryAsync("meta:query")).Error!.Message);
        var call = Call("meta:action") with { Origin = ("203.0.113.9", "curl/8") };
        Assert.Equal(
            """{"authToken":null,"ip":"203.0.113.9","requestId":"0123456789abcdef","scheduledFunctionId":null,"userAgent":"curl/8"}""",
            ValueOf(await test.Invoker.ActionAsync(call, Cancellation)));
        var user = new UserIdentity(ValueObject.Create(("subject", "ada"))) { Token = "e30.e30.c2ln" };
        Assert.Contains("\"authToken\":\"e30.e30.c2ln\"", ValueOf(await test.Invoker.ActionAsync(call with { Identity = user }, Cancellation)), StringComparison.Ordinal);
        Assert.Equal(user, user with { Token = "another" });
    }

    [Fact, Spec("data-model", 56)]
    public async Task Looking_at_who_asks_makes_a_result_theirs()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("auth:who", call => call.Syscall("1.0/getUserIdentity", """{"requestId":""}"""))
            .Query("auth:nested", call => call.Run("query", "auth:who"))
            .Query("auth:blind", _ => Task.FromResult("1")));
        var ada = new UserIdentity(ValueObject.Create(("tokenIdentifier", "https://issuer|ada"), ("emailVerified", true)));
        var seen = await test.Invoker.QueryAsync(Call("auth:nested", identity: ada), null, Cancellation);
        Assert.Equal("""{"emailVerified":true,"tokenIdentifier":"https://issuer|ada"}""", ValueOf(seen.Outcome));
        Assert.True(seen.ObservedIdentity);
        Assert.False((await test.Invoker.QueryAsync(Call("auth:blind", identity: ada), null, Cancellation)).ObservedIdentity);
    }

    [Fact]
    public async Task The_snapshots_timestamp_is_an_int64()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("meta:get", call => call.Syscall("1.0/getSnapshotTs", "{}")));
        var outcome = await test.QueryAsync("meta:get");
        Assert.Equal(outcome.Timestamp.Nanoseconds, ValueJson.Parse(outcome.Value.Span).AsInt64());
    }

    [Fact]
    public async Task Services_of_the_cloud_are_not_here()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Action("services:token", call => call.Syscall("1.0/createServiceToken", """{"service":"ai-gateway","version":"1.48.0"}"""))
            .Action("services:url", call => call.Syscall("1.0/getServiceUrl", """{"service":"ai-gateway","version":"1.48.0"}"""))
            .Query("services:query", call => call.Syscall("1.0/getServiceUrl", """{"service":"ai-gateway","version":"1.48.0"}""")));
        Assert.StartsWith("Uncaught Error: The service ai-gateway is not available on this deployment", (await test.ActAsync("services:token")).Error!.Message, StringComparison.Ordinal);
        Assert.StartsWith("Uncaught Error: The service ai-gateway is not available on this deployment", (await test.ActAsync("services:url")).Error!.Message, StringComparison.Ordinal);
        Assert.Equal("Uncaught Error: `1.0/getServiceUrl` is not available in a query.", (await test.QueryAsync("services:query")).Error!.Message);
    }

    [Fact]
    public async Task What_is_not_built_yet_says_so_by_its_name()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("test:run", async call =>
            {
                foreach (var (operation, what) in NotBuiltYet.Operations)
                {
                    var error = await Assert.ThrowsAsync<DeveloperException>(() => call.Syscall(operation, "{}"));
                    Assert.Equal((NotBuiltYet.Code, $"{what} is not built yet in Fresnel."), (error.Code, error.Message));
                }

                var component = await Assert.ThrowsAsync<DeveloperException>(() => call.Syscall("1.0/runUdf", """{"udfType":"query","args":{},"reference":"_reference/childComponent/a/b/c"}"""));
                var search = await Assert.ThrowsAsync<DeveloperException>(async () =>
                {
                    call.Invocation.Scope.OpenQuery(99, """{"source":{"type":"Search","indexName":"t.by_text","filters":[]},"operators":[]}"""u8.ToArray());
                    await call.Syscall("1.0/queryStreamNext", """{"queryId":99}""");
                });
                Assert.All([component, search], error => Assert.Equal(NotBuiltYet.Code, error.Code));
                return "null";
            }));
        ValueOf(await test.MutateAsync("test:run"));
        Assert.Equal("File storage (ctx.storage.getUrl) is not built yet in Fresnel.", NotBuiltYet.Error(NotBuiltYet.Operations["1.0/storageGetUrl"]).Message);
    }
}
