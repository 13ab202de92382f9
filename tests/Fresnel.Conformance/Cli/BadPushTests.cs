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
        using var project = await ChangedAsync();

        var run = await project.RunAsync(app.Host.Url, "fresnel|0123456789abcdef", "dev", "--once", "--typecheck", "disable");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("The provided deploy key was invalid for deployment 'fresnel'.", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("BadDeployKey", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    [Spec("deploy-api", 25)]
    public async Task An_import_that_throws_is_told_with_its_place_in_the_source()
    {
        using var project = await ChangedAsync();
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
        using var project = await ChangedAsync();
        project.Write("convex/schema.ts", schema);

        Assert.Contains(reason, (await app.Host.FailToPushAsync(project)).Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Fact]
    [Spec("deploy-api", 17)]
    [Spec("data-model", 40)]
    public async Task Documents_that_do_not_fit_the_new_schema_are_told_and_the_old_schema_holds()
    {
        using var project = await ChangedAsync();
        await app.Host.CallAsync("mutation", "messages:send", new { author = "ann", body = "hello" });
        project.Write("convex/schema.ts", Apps.Schema.Replace("body: v.string()", "body: v.number()", StringComparison.Ordinal));

        var run = await app.Host.FailToPushAsync(project);

        Assert.Contains("Schema validation failed.", run.Errors, StringComparison.Ordinal);
        Assert.Contains("in table \"messages\" does not match the schema", run.Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Fact]
    public async Task A_cron_without_a_function_is_refused_with_its_name()
    {
        using var project = await ChangedAsync();
        project.Write("convex/crons.ts", """
            import { cronJobs } from "convex/server";
            import { internal } from "./_generated/api";
            const crons = cronJobs();
            crons.interval("sweep often", { minutes: 5 }, (internal as any).messages.gone, {});
            export default crons;
            """);

        var run = await app.Host.FailToPushAsync(project);

        Assert.Contains("The cron \"sweep often\" is invalid: there is no function messages.js:gone. Did you forget to export it?", run.Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Theory]
    [InlineData("convex/extra.ts", "export const a = 1;\nexport const a = 2;\n", "Multiple exports with the same name \"a\"")]
    [InlineData("convex/extra.ts", "export const a = ;\n", "Unexpected \";\"")]
    [InlineData("convex/messages.js", "export const a = 1;\n", "Two output files share the same path but have different contents: out/messages.js")]
    [InlineData("convex/extra.ts", "import a from \"no-such-package\";\nexport const b = a;\n", "Could not resolve \"no-such-package\"")]
    public async Task What_cannot_be_bundled_is_told_with_its_place(string path, string text, string reason)
    {
        using var project = await ChangedAsync();
        project.Write(path, text);

        Assert.Contains(reason, (await app.Host.FailToPushAsync(project)).Errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Theory]
    [InlineData("extra.ts", "const a = 1;\nexport { f as \"my-func\" };\nimport { query } from \"./_generated/server\";\nconst f = query({ handler: async () => a });", "InvalidFunctionName", "Invalid function name in extra.js: Identifier my-func has invalid character '-'")]
    [InlineData("crons.ts", "import { cronJobs } from \"convex/server\";\nconst crons = cronJobs();\ncrons.cron(\"x\", \"now and then\", \"messages:send\" as any, {});\nexport default crons;", "InvalidCron", "The cron \"x\" is invalid")]
    [InlineData("crons.ts", "export default 7;", "InvalidModules", "The default export of `convex/crons.js` is not a Crons.")]
    [InlineData("http.ts", "export default 7;", "InvalidModules", "The default export of `convex/http.js` is not a Router.")]
    [InlineData("auth.config.ts", "export default { providers: [{ domain: process.env.NOBODY_SET_IT, applicationID: \"x\" }] };", "", "Environment variable NOBODY_SET_IT is used in auth config file but its value was not set.")]
    [InlineData("auth.config.ts", "export default { providers: [{ domain: \"https://id.example.com\", applicationId: \"x\" }] };", "AuthConfigNotMatchingSchemaError", "Provider at index 0 must have applicationID property spelled lowercase 'application', capital I, capital D.")]
    public async Task What_a_file_may_not_hold_is_told(string file, string text, string code, string reason)
    {
        using var project = await ChangedAsync();
        project.Write($"convex/{file}", text);

        var errors = (await app.Host.FailToPushAsync(project)).Errors;

        Assert.Contains(code, errors, StringComparison.Ordinal);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
        await StillRunsAsync();
    }

    [Fact]
    public async Task A_type_error_is_told_before_anything_is_pushed()
    {
        using var project = await ChangedAsync();
        project.Write("convex/tsconfig.json", """{ "compilerOptions": { "strict": true, "moduleResolution": "Bundler", "module": "ESNext", "target": "ESNext", "lib": ["ES2023", "dom"], "skipLibCheck": true, "types": [], "noEmit": true }, "include": ["./**/*"] }""");
        project.Write("convex/extra.ts", "export const count: number = \"many\";\n");

        var run = await app.Host.FailAsync(project, "dev", "--once", "--typecheck", "enable");

        Assert.Contains("extra.ts", run.ToString(), StringComparison.Ordinal);
        Assert.Contains("Type 'string' is not assignable to type 'number'.", run.ToString(), StringComparison.Ordinal);
        await StillRunsAsync();
    }

    /// <summary>The app with a change that must not arrive.</summary>
    private static Task<ConvexProject> ChangedAsync() => ConvexProject.CreateAsync(
        ("convex/schema.ts", Apps.Schema), ("convex/messages.ts", Apps.Messages.Replace("the default one", "the changed one", StringComparison.Ordinal)));

    /// <summary>Functions and schema are those that were pushed before.</summary>
    private async Task StillRunsAsync() => Assert.Equal("the default one", (await app.Host.CallAsync("query", "messages", new { })).GetString());
}
