using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>The official CLI pushes an app, again and again.</summary>
public sealed class PushTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    [Spec("deploy-api", 6, 8, 21, 22)]
    public async Task An_app_is_pushed_by_dev_and_by_deploy_again_without_a_change_and_survives_a_crash()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        var own = new CliHost();
        await using var stopped = own;
        await own.InitializeAsync();

        var first = await own.SucceedAsync(project, "dev", "--once");
        Assert.Contains("messages.by_author   author, _creationTime", first.Errors, StringComparison.Ordinal);
        Assert.Equal($"CONVEX_URL={own.Url}\n\nCONVEX_SITE_URL={own.Host.SiteUrl}", project.Read(".env.local").Trim());

        await own.SucceedAsync(project, "run", "messages:send", """{"author":"ann","body":"hello"}""");
        var deployed = await own.SucceedAsync(project, "deploy", "--typecheck", "disable");
        Assert.Contains("Deployed Convex functions", deployed.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Added table indexes", deployed.Errors, StringComparison.Ordinal);
        await own.SucceedAsync(project, "deploy", "--typecheck", "disable", "--dry-run");
        await own.SucceedAsync(project, "codegen", "--typecheck", "disable");

        await own.CrashAsync();
        Assert.Contains("ann: hello", (await own.SucceedAsync(project, "run", "messages:list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    [Spec("deploy-api", 10, 12)]
    public async Task Editing_a_file_changes_its_functions_and_deleting_it_removes_them()
    {
        using var project = await ConvexProject.CreateAsync([.. Apps.Chat, ("convex/extra.ts", Answering("one"))]);
        await host.PushAsync(project);
        Assert.Contains("one", (await host.SucceedAsync(project, "run", "extra:answer")).Output, StringComparison.Ordinal);

        project.Write("convex/extra.ts", Answering("two"));
        await host.PushAsync(project);
        Assert.Contains("two", (await host.SucceedAsync(project, "run", "extra:answer")).Output, StringComparison.Ordinal);

        project.Delete("convex/extra.ts");
        await host.PushAsync(project);
        Assert.Contains("Could not find function", (await host.FailAsync(project, "run", "extra:answer")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_query_in_a_node_file_runs_and_the_server_says_that_Convex_would_refuse_it()
    {
        using var project = await ConvexProject.CreateAsync(
            [.. Apps.Chat, ("convex/tools.ts", """
                "use node";
                import { createHash } from "node:crypto";
                import { action, query } from "./_generated/server";
                export const digest = action({ args: {}, handler: async () => createHash("sha256").update("x").digest("hex") });
                export const plain = query({ args: {}, handler: async (ctx) => (await ctx.db.query("messages").collect()).length });
                """)]);

        await host.PushAsync(project);

        Assert.Contains("2d711642b726b04401627ca9fbac32f5", (await host.SucceedAsync(project, "run", "tools:digest")).Output, StringComparison.Ordinal);
        await host.SucceedAsync(project, "run", "tools:plain");
        Assert.Contains("tools", host.Host.Output, StringComparison.Ordinal);
        Assert.Contains("plain", host.Host.Output, StringComparison.Ordinal);
    }

    private static string Answering(string text) =>
        $$"""
        import { query } from "./_generated/server";
        export const answer = query({ args: {}, handler: async () => "{{text}}" });
        """;
}
