using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary><c>dev</c> as it runs beside an editor: it pushes by itself when what was wrong is mended.</summary>
public sealed class WatchTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    [Spec("deploy-api", 17, 18, 40)]
    public async Task Dev_pushes_again_when_a_document_is_mended_and_when_a_variable_is_set()
    {
        const string Ready = "Convex functions ready!";
        const string Unfit = """
            import { mutation } from "./_generated/server";
            export const mend = mutation({
              args: {},
              handler: async (ctx) => {
                console.log("mending");
                for (const message of await ctx.db.query("messages").collect()) await ctx.db.replace(message._id, { author: "ann", body: 1 } as any);
              },
            });
            """;
        using var project = await ConvexProject.CreateAsync(
            ("convex/mend.ts", Unfit), ("convex/messages.ts", Apps.Messages), ("convex/schema.ts", Apps.Schema.Replace("body: v.string()", "body: v.any()", StringComparison.Ordinal)));
        await host.PushAsync(project);
        await host.SucceedAsync(project, "run", "messages:send", """{"author":"ann","body":"text"}""");
        project.Write("convex/schema.ts", Apps.Schema.Replace("body: v.string()", "body: v.number()", StringComparison.Ordinal));

        await using var dev = project.Start(host.Url, host.AdminKey, "dev", "--typecheck", "disable");
        await dev.HearAsync("Schema validation failed.");
        await host.SucceedAsync(project, "run", "mend:mend");
        await dev.HearAsync(Ready);

        project.Write("convex/needs.ts", "if (!process.env.NEEDED) throw new Error(\"NEEDED is not set\");\nexport const x = 1;\n");
        await dev.HearAsync("Uncaught Error: NEEDED is not set");
        await host.SucceedAsync(project, "env", "set", "NEEDED", "1");
        await dev.HearAsync(Ready);

        await host.SucceedAsync(project, "run", "mend:mend");
        await dev.HearAsync("[CONVEX M(mend:mend)] [LOG] 'mending'");
    }
}
