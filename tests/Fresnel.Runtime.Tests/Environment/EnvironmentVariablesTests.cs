using Fresnel.Runtime.Environment;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Environment;

public sealed class EnvironmentVariablesTests
{
    [Fact, Spec("function-runtime", 42)]
    public async Task Functions_see_a_change_without_a_push()
    {
        await using var test = await StartAsync(new FakeFunctions().Query(
            "env:get", call => Task.FromResult($"\"{call.Invocation.Code.Environment.GetValueOrDefault("MODEL", "none")}\"")));
        Assert.Equal("\"none\"", ValueOf(await test.QueryAsync("env:get")));
        await test.Deployment.Environment.ChangeAsync([new("MODEL", "small")], Cancellation);
        Assert.Equal("\"small\"", ValueOf(await test.QueryAsync("env:get")));
        await test.Deployment.Environment.ChangeAsync([new("MODEL", "large")], Cancellation);
        await test.PushAsync();
        Assert.Equal("\"large\"", ValueOf(await test.QueryAsync("env:get")));
        await test.Deployment.Environment.ChangeAsync([new("MODEL", null)], Cancellation);
        Assert.Equal("\"none\"", ValueOf(await test.QueryAsync("env:get")));
    }

    [Fact]
    public async Task A_change_gives_the_code_a_new_generation()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("env:get", call => Task.FromResult($"\"{call.Invocation.Code.Generation}\"")));
        var before = ValueOf(await test.QueryAsync("env:get"));
        Assert.Equal(before, ValueOf(await test.QueryAsync("env:get")));
        await test.Deployment.Environment.ChangeAsync([new("A", "1")], Cancellation);
        Assert.NotEqual(before, ValueOf(await test.QueryAsync("env:get")));
    }

    [Fact]
    public async Task The_addresses_of_the_deployment_are_always_there()
    {
        await using var test = await StartAsync(new FakeFunctions().Query(
            "env:get", call => Task.FromResult($"\"{call.Invocation.Code.Environment["CONVEX_CLOUD_URL"]} {call.Invocation.Code.Environment["CONVEX_SITE_URL"]}\"")));
        Assert.Equal("\"http://127.0.0.1:3210 http://127.0.0.1:3211\"", ValueOf(await test.QueryAsync("env:get")));
    }

    [Fact, Spec("deploy-api", 37)]
    public async Task All_changes_are_made_or_none()
    {
        await using var test = await StartAsync(new FakeFunctions());
        await test.Deployment.Environment.ChangeAsync([new("A", "1"), new("B", "spaces \"and\"\nlines")], Cancellation);
        await RefusedAsync(test, "EnvironmentVariableNameInvalid", new("A", "2"), new("not-a-name", "x"));
        var variables = await test.Deployment.Environment.ListAsync(Cancellation);
        Assert.Equal([KeyValuePair.Create("A", "1"), KeyValuePair.Create("B", "spaces \"and\"\nlines")], variables);
    }

    [Fact, Spec("deploy-api", 38)]
    public async Task Deleting_what_is_not_there_is_no_error()
    {
        await using var test = await StartAsync(new FakeFunctions());
        await test.Deployment.Environment.ChangeAsync([new("GONE", null)], Cancellation);
        Assert.Empty(await test.Deployment.Environment.ListAsync(Cancellation));
    }

    [Fact]
    public async Task What_is_too_long_or_too_many_is_refused_by_its_code()
    {
        await using var test = await StartAsync(new FakeFunctions());
        await RefusedAsync(test, "EnvironmentVariableNameInvalid", new EnvironmentChange("1A", ""));
        await RefusedAsync(test, "EnvironmentVariableNameInvalid", new EnvironmentChange("", ""));
        await RefusedAsync(test, "EnvironmentVariableNameTooLong", new EnvironmentChange(new string('A', 257), ""));
        await RefusedAsync(test, "EnvironmentVariableValueTooLarge", new EnvironmentChange("A", new string('é', 4_097)));
        await RefusedAsync(test, "EnvVarNameForbidden", new EnvironmentChange("CONVEX_SITE_URL", "x"));
        await RefusedAsync(test, "EnvVarLimitMet", [.. Numbered(1_001, "")]);
        await RefusedAsync(test, "EnvVarTotalSizeLimitMet", [.. Numbered(70, new string('x', 8_192))]);
        Assert.Empty(await test.Deployment.Environment.ListAsync(Cancellation));
        await test.Deployment.Environment.ChangeAsync([.. Numbered(999, ""), new(new string('A', 256), new string('é', 4_096))], Cancellation);
        Assert.Equal(1_000, (await test.Deployment.Environment.ListAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task Each_of_these_limits_is_an_option_and_told_by_its_number()
    {
        var limits = new FunctionLimits { EnvironmentVariables = 2, EnvironmentVariableNameLength = 3, EnvironmentVariableBytes = 5, EnvironmentBytes = 12 };
        await using var test = await StartAsync(new FakeFunctions(), limits);
        Assert.Equal(
            "Environment variable name \"FOUR\" is too long (4 > maximum 3 characters).", await RefusedAsync(test, "EnvironmentVariableNameTooLong", new EnvironmentChange("FOUR", "")));
        Assert.Equal(
            "The value of environment variable \"A\" is too large (6 > maximum 5 bytes).", await RefusedAsync(test, "EnvironmentVariableValueTooLarge", new EnvironmentChange("A", "ééé")));
        Assert.Equal("There would be 3 environment variables; the limit is 2.", await RefusedAsync(test, "EnvVarLimitMet", [.. Numbered(3, "")]));
        Assert.Equal(
            "The environment variables would have 14 bytes together; the limit is 12.", await RefusedAsync(test, "EnvVarTotalSizeLimitMet", [.. Numbered(2, "12345")]));
        await test.Deployment.Environment.ChangeAsync([new("V1", "12345"), new("V2", "123")], Cancellation);

        // By the way that the CLI's changes take, too.
        var refused = await Assert.ThrowsAsync<DeveloperException>(() => test.Deployment.Pushes.ChangeVariablesAsync([new("V3", "")], Cancellation));
        Assert.Equal("EnvVarLimitMet", refused.Code);
        Assert.Equal(["V1", "V2"], (await test.Deployment.Environment.ListAsync(Cancellation)).Keys);
    }

    private static IEnumerable<EnvironmentChange> Numbered(int count, string value) => Enumerable.Range(0, count).Select(i => new EnvironmentChange($"V{i}", value));

    private static async Task<string> RefusedAsync(TestDeployment test, string code, params EnvironmentChange[] changes)
    {
        var refused = await Assert.ThrowsAsync<DeveloperException>(() => test.Deployment.Environment.ChangeAsync(changes, Cancellation));
        Assert.Equal(code, refused.Code);
        return refused.Message;
    }
}
