using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>The commands beside pushing.</summary>
public sealed class CommandTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    [Spec("deploy-api", 37, 38)]
    public async Task Variables_are_set_listed_got_and_removed()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        const string Value = "with spaces, \"quotes\" and\na second line";

        await host.SucceedAsync(project, "env", "set", "FOO", Value);
        await host.SucceedAsync(project, "env", "set", "BAR", "plain");

        Assert.Equal(Value, (await host.SucceedAsync(project, "env", "get", "FOO")).Output.TrimEnd('\n'));
        var list = (await host.SucceedAsync(project, "env", "list", "--include-values")).Output;
        Assert.Contains("BAR=plain", list, StringComparison.Ordinal);
        Assert.Contains("FOO=", list, StringComparison.Ordinal);

        await host.SucceedAsync(project, "env", "remove", "FOO");
        await host.SucceedAsync(project, "env", "remove", "FOO");
        Assert.DoesNotContain("FOO", (await host.SucceedAsync(project, "env", "list", "--include-values")).Output, StringComparison.Ordinal);

        var refused = await host.FailAsync(project, "env", "set", "CONVEX_CLOUD_URL", "http://elsewhere.example");
        Assert.Contains("EnvVarNameForbidden", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Spec("deploy-api", 31, 32, 33)]
    public async Task Functions_run_however_they_are_spelled()
    {
        using var project = await ConvexProject.CreateAsync(
            [.. Apps.Chat, ("convex/who.ts", """
                import { query } from "./_generated/server";
                export const ami = query({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.tokenIdentifier ?? "nobody" });
                """)]);
        await host.PushAsync(project);
        await host.SucceedAsync(project, "run", "messages:send", """{"author":"ann","body":"hello"}""");

        foreach (var spelling in (string[])["messages:list", "api.messages.list", "convex/messages.ts:list"])
            Assert.Contains("ann: hello", (await host.SucceedAsync(project, "run", spelling)).Output, StringComparison.Ordinal);
        Assert.Contains("the default one", (await host.SucceedAsync(project, "run", "messages")).Output, StringComparison.Ordinal);
        Assert.Equal("1", (await host.SucceedAsync(project, "run", "messages:count")).Output.Trim());
        Assert.Contains("https://convex.test|u1", (await host.SucceedAsync(project, "run", "--identity", """{"subject":"u1"}""", "who:ami")).Output, StringComparison.Ordinal);

        var unknown = await host.FailAsync(project, "run", "nope:nope");
        Assert.Contains("Could not find function", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("messages:list", unknown.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("messages.js", unknown.Errors, StringComparison.Ordinal);

        var wrong = await host.FailAsync(project, "run", "messages:send", """{"author":"ann"}""");
        Assert.Contains("ArgumentValidationError", wrong.Errors, StringComparison.Ordinal);
    }
}
