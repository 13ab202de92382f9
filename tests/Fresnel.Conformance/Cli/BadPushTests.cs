using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>What a person gets wrong: the CLI tells the reason, and what runs goes on running.</summary>
public sealed class BadPushTests(PushedApp app) : IClassFixture<PushedApp>
{
    [Fact]
    [Spec("deploy-api", 1)]
    public async Task A_wrong_key_is_named_and_nothing_else()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);

        var run = await project.RunAsync(app.Host.Url, "fresnel|0123456789abcdef", "dev", "--once", "--typecheck", "disable");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("The provided deploy key was invalid for deployment 'fresnel'.", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("BadDeployKey", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Spec("deploy-api", 25)]
    public async Task An_import_that_throws_is_told_with_its_place_in_the_source()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        project.Write("convex/broken.ts", "export const x = 1;\n\nthrow new Error(\"the import broke\");\n");

        var run = await app.Host.FailToPushAsync(project);

        Assert.Contains("InvalidModules", run.Errors, StringComparison.Ordinal);
        Assert.Contains("the import broke", run.Errors, StringComparison.Ordinal);
        Assert.Contains("broken.ts:3", run.Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Theory]
    [InlineData("export default 7;", "InvalidSchemaExport")]
    [InlineData("export const schema = 7;", "MissingSchemaExportError")]
    [InlineData("""
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ messages: defineTable({ author: v.string(), body: v.string() }).index("by_nothing", ["nothing"]) } as any);
        """, "references the field \"nothing\" that does not exist")]
    [InlineData("""
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ messages: defineTable({ author: v.string(), body: v.string() }).searchIndex("by_text", { searchField: "body" }) });
        """, "\"messages.by_text\"")]
    public async Task A_schema_that_makes_no_sense_is_told(string schema, string reason)
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        project.Write("convex/schema.ts", schema);

        Assert.Contains(reason, (await app.Host.FailToPushAsync(project)).Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Fact]
    [Spec("deploy-api", 17)]
    [Spec("data-model", 40)]
    public async Task Documents_that_do_not_fit_the_new_schema_are_told_and_the_old_schema_holds()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        await app.Host.CallAsync("mutation", "messages:send", new { author = "ann", body = "hello" });
        project.Write("convex/schema.ts", Apps.Schema.Replace("body: v.string()", "body: v.number()", StringComparison.Ordinal));

        var run = await app.Host.FailToPushAsync(project);

        Assert.Contains("Schema validation failed.", run.Errors, StringComparison.Ordinal);
        Assert.Contains("in table \"messages\" does not match the schema", run.Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Fact]
    public async Task Crons_are_refused_by_name()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        project.Write("convex/crons.ts", """
            import { cronJobs } from "convex/server";
            import { internal } from "./_generated/api";
            const crons = cronJobs();
            crons.interval("sweep often", { minutes: 5 }, internal.messages.count, {});
            export default crons;
            """);

        var run = await app.Host.FailToPushAsync(project);

        Assert.Contains("NotBuiltYet", run.Errors, StringComparison.Ordinal);
        Assert.Contains("\"sweep often\"", run.Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    /// <summary>Functions and schema are those that were pushed before.</summary>
    private async Task StillRunsAsync() => Assert.Equal("the default one", (await app.Host.CallAsync("query", "messages", new { })).GetString());
}
