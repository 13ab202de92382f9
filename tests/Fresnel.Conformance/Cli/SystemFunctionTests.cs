using System.Text.Json;
using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>The commands that ask system functions: what data there is, and what may be called.</summary>
public sealed class SystemFunctionTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    public async Task Data_is_listed_table_by_table_and_page_by_page()
    {
        using var project = await ConvexProject.CreateAsync(
            [.. Apps.Chat, ("convex/many.ts", """
                import { mutation } from "./_generated/server";
                import { v } from "convex/values";
                export const add = mutation({ args: { count: v.number() }, handler: async (ctx, { count }) => {
                  for (let i = 0; i < count; i++) await ctx.db.insert("messages", { author: "ann", body: `message ${i}.` });
                } });
                """)]);
        await host.PushAsync(project);
        Assert.Contains("messages", (await host.SucceedAsync(project, "data")).Output, StringComparison.Ordinal);

        await host.SucceedAsync(project, "run", "many:add", """{"count":120}""");

        var oldest = (await host.SucceedAsync(project, "data", "messages", "--limit", "2", "--order", "asc")).Output;
        Assert.Contains("message 0.", oldest, StringComparison.Ordinal);
        Assert.Contains("message 1.", oldest, StringComparison.Ordinal);
        Assert.DoesNotContain("message 2.", oldest, StringComparison.Ordinal);

        var all = (await host.SucceedAsync(project, "data", "messages", "--limit", "1000")).Output;
        Assert.Equal(120, all.Split("message ").Length - 1);
        Assert.Contains("no documents", (await host.SucceedAsync(project, "data", "_storage")).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_specification_of_functions_names_each_with_its_validators()
    {
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        await host.PushAsync(project);

        var output = (await host.SucceedAsync(project, "function-spec")).Output;
        using var spec = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);

        Assert.Equal(host.Url, spec.RootElement.GetProperty("url").GetString());
        var functions = spec.RootElement.GetProperty("functions").EnumerateArray().ToDictionary(function => function.GetProperty("identifier").GetString()!);
        Assert.Equal("Query", functions["messages.js:default"].GetProperty("functionType").GetString());
        Assert.Equal("internal", functions["messages.js:count"].GetProperty("visibility").GetProperty("kind").GetString());
        Assert.Equal(
            "string", functions["messages.js:send"].GetProperty("args").GetProperty("value").GetProperty("body").GetProperty("fieldType").GetProperty("type").GetString());
    }
}
