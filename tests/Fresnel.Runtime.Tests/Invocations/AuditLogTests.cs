using Fresnel.Runtime.Live;
using Fresnel.Runtime.Logs;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary><c>log.audit</c>: <c>spec/function-runtime.md</c> §3.7.</summary>
public sealed class AuditLogTests
{
    private const string Viewed = """
        {"body":{"action":"viewed","who":{"ip":{"$var":"ip"},"agent":{"$var":"userAgent"}},"at":[{"$var":"now"}],"request":{"$var":"requestId"},"by":{"$var":"convexActor"}},"version":"1.48.0"}
        """;

    [Fact]
    public async Task Variables_are_filled_in_when_it_is_told()
    {
        await using var test = await StartAsync(Functions());
        await test.Invoker.QueryAsync(Call("audit:query") with { Origin = ("203.0.113.9", "curl/8") }, null, Cancellation);
        Assert.Equal(
            $$"""{"action":"viewed","who":{"ip":"203.0.113.9","agent":"curl/8"},"at":[{{test.Now}}],"request":"0123456789abcdef","by":null}""",
            Assert.Single(await AuditedAsync(test)));

        await test.Invoker.Mutate(Call("audit:mutation", identity: Runtime.Invocations.Identity.Admin), null, Cancellation).Completed;
        Assert.Contains("\"by\":{\"type\":\"instance_admin\"}", (await AuditedAsync(test))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_what_succeeded_is_told()
    {
        await using var test = await StartAsync(Functions()
            .Mutation("audit:fail", async call =>
            {
                await call.Syscall("1.0/auditLog", """{"body":{"n":1}}""");
                throw new DeveloperException("Test", "boom");
            })
            .Mutation("audit:outer", async call =>
            {
                await call.Syscall("1.0/auditLog", """{"body":{"n":2}}""");
                await RefusalAsync(() => call.Run("mutation", "audit:fail"));
                await call.Run("snapshotQuery", "audit:query");
                await call.Syscall("1.0/auditLog", """{"body":{"n":3}}""");
                return "null";
            }));
        await test.MutateAsync("audit:fail");
        Assert.Empty(await AuditedAsync(test));
        ValueOf(await test.MutateAsync("audit:outer"));
        var told = await AuditedAsync(test);
        Assert.Equal(["""{"n":2}""", """{"n":3}"""], [told[0], told[2]]);
        Assert.StartsWith("""{"action":"viewed",""", told[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mutation_that_is_sent_again_is_told_once()
    {
        await using var test = await StartAsync(Functions());
        var key = new Runtime.Invocations.RequestKey(Guid.Empty.ToString(), 1);
        ValueOf(await test.MutateAsync("audit:mutation", request: key));
        ValueOf(await test.MutateAsync("audit:mutation", request: key));
        Assert.Single(await AuditedAsync(test));
    }

    [Fact]
    public async Task Who_is_given_a_known_result_is_told_of_too()
    {
        var functions = Functions();
        await using var test = await StartAsync(functions);
        using var first = test.Deployment.Live.OpenSession();
        using var second = test.Deployment.Live.OpenSession();
        await ShowAsync(first, "one");
        await ShowAsync(second, "two");
        Assert.Single(functions.Begun);
        var told = await AuditedAsync(test);
        Assert.Equal(2, told.Count);
        Assert.Contains("\"agent\":\"one\"", told[0], StringComparison.Ordinal);
        Assert.Contains("\"agent\":\"two\"", told[1], StringComparison.Ordinal);

        static async Task ShowAsync(LiveSession session, string agent)
        {
            session.ChangeQueries(1, [new LiveQueryChange(0, Call("audit:query") with { Origin = (null, agent) })]);
            Assert.Single((await session.NextAsync(Cancellation)).Modifications);
        }
    }

    [Fact]
    public async Task What_is_no_body_is_refused() => await InMutationAsync(
        async call =>
        {
            (string Given, string Cause)[] wrong =
            [
                ("{}", "Expected an object"),
                ("""{"body":[]}""", "Expected an object"),
                ("""{"body":{"$var":"now"}}""", "Expected an object"),
                ("""{"body":{"a":{"$var":"secret"}}}""", "Unknown audit variable: secret"),
                ("""{"body":{"a":[{"$b":1}]}}""", "Audit log body keys must not start with \"$\": \"$b\""),
                ("""{"body":{"a":{"$var":"now","b":1}}}""", "Audit log body keys must not start with \"$\": \"$var\""),
            ];
            foreach (var (given, cause) in wrong)
                Assert.Equal($"InvalidArgument: Invalid argument `body` for `log.audit`: {cause}", await RefusalAsync(() => call.Syscall("1.0/auditLog", given)));
        });

    [Fact]
    public async Task Both_limits_are_options() => await InMutationAsync(
        async call =>
        {
            Assert.Equal(
                "AuditLogBodyTooLarge: Audit log body is too large (actual: 26 B, limit: 20 B)",
                await RefusalAsync(() => call.Syscall("1.0/auditLog", """{"body":{"note":"a long sentence"}}""")));
            await call.Syscall("1.0/auditLog", """{"body":{"n":1}}""");
            await call.Syscall("1.0/auditLog", """{"body":{"n":2}}""");
            Assert.Equal("TooManyAuditLogs: Too many audit logs in a single function execution (limit: 2)", await RefusalAsync(() => call.Syscall("1.0/auditLog", """{"body":{"n":3}}""")));
        },
        new FunctionLimits { AuditEntries = 2, AuditEntryBytes = 20 });

    [Fact]
    public async Task Actions_have_none()
    {
        await using var test = await StartAsync(new FakeFunctions().Action("audit:action", call => call.Syscall("1.0/auditLog", Viewed)));
        Assert.Equal("Uncaught Error: Audit logging is not yet supported in actions", (await test.ActAsync("audit:action")).Error!.Message);
    }

    private static FakeFunctions Functions() => new FakeFunctions()
        .Query("audit:query", call => call.Syscall("1.0/auditLog", Viewed))
        .Mutation("audit:mutation", call => call.Syscall("1.0/auditLog", Viewed));

    private static async Task<List<string>> AuditedAsync(TestDeployment test)
    {
        var page = await test.Deployment.Logs.ReadAsync(0, TimeSpan.Zero, Cancellation);
        return [.. page.Entries.Where(entry => entry.Kind == FunctionLogEntryKind.Audit).Select(entry => Assert.Single(Assert.Single(entry.LogLines).Messages))];
    }
}
