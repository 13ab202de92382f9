using Fresnel.Conformance.Browsers;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>A project made by hand, as Convex's own introduction has it: Vite's template for React, <c>npm install convex</c>, two files of functions.</summary>
public sealed class NewProjectTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    public async Task A_project_of_Vites_template_is_pushed_typechecked_built_and_shown()
    {
        var chromium = await Chromium.EndpointAsync();
        using var project = ConvexProject.CreateEmpty();

        // What `npm create -y vite` runs, in the version that the tests pin.
        await SucceedAsync(project, "node", Path.Combine(NpmPackages.Modules, "create-vite", "index.js"), ".", "--template", "react-ts", "--no-interactive");
        File.Copy(Path.Combine(NpmPackages.Folder, "new-project", "package-lock.json"), Path.Combine(project.Folder, "package-lock.json"));
        await InstallAsync(project, "convex@1.48.0");
        project.Write("convex/schema.ts", Schema);
        project.Write("convex/tasks.ts", Tasks);
        project.Write("src/main.tsx", Main);
        project.Write("src/App.tsx", App);

        await host.SucceedAsync(project, "codegen", "--init", "--typecheck", "disable");
        var dev = await host.SucceedAsync(project, "dev", "--once", "--typecheck", "enable");
        Assert.Contains("Convex functions ready!", dev.Errors, StringComparison.Ordinal);
        Assert.Contains($"VITE_CONVEX_URL={host.Url}", project.Read(".env.local"), StringComparison.Ordinal);
        await SucceedAsync(project, "npm", "run", "build");

        await using var person = ClientScript.Start(
            project,
            $$"""
            process.env.CHROMIUM = "{{chromium}}";
            const { openFolder, closePages } = await import(process.env.MODULES + "page.mjs");
            const page = await openFolder("dist");
            await page.getByRole("textbox").fill("Buy milk");
            await page.keyboard.press("Enter");
            await page.getByRole("listitem").filter({ hasText: "Buy milk" }).waitFor();
            await closePages();
            """,
            host.Url,
            host.AdminKey);
        await person.SucceedAsync();
        Assert.Equal("Buy milk", (await host.CallAsync("query", "tasks:get", new { }))[0].GetProperty("text").GetString());
    }

    private static async Task SucceedAsync(ConvexProject project, string program, params IReadOnlyList<string> arguments)
    {
        var run = await project.RunToolAsync(program, arguments);
        Assert.True(run.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {run}");
    }

    /// <summary>Needs a package registry, or what npm has kept of one.</summary>
    private static async Task InstallAsync(ConvexProject project, string package)
    {
        var run = await project.RunToolAsync(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", package);
        if (run.ExitCode == 0) return;
        var missing = $"npm could not install what Vite's template asks for: {run}";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(missing);
        Assert.Skip(missing);
    }

    private const string Schema = """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ tasks: defineTable({ text: v.string(), isCompleted: v.boolean() }) });
        """;

    private const string Tasks = """
        import { v } from "convex/values";
        import { mutation, query } from "./_generated/server";
        export const get = query({ args: {}, handler: async (ctx) => await ctx.db.query("tasks").collect() });
        export const add = mutation({ args: { text: v.string() }, handler: async (ctx, { text }) => await ctx.db.insert("tasks", { text, isCompleted: false }) });
        """;

    private const string Main = """
        import { ConvexProvider, ConvexReactClient } from "convex/react";
        import { StrictMode } from "react";
        import { createRoot } from "react-dom/client";
        import App from "./App.tsx";

        const convex = new ConvexReactClient(import.meta.env.VITE_CONVEX_URL as string);

        createRoot(document.getElementById("root")!).render(
          <StrictMode>
            <ConvexProvider client={convex}>
              <App />
            </ConvexProvider>
          </StrictMode>,
        );
        """;

    private const string App = """
        import { useMutation, useQuery } from "convex/react";
        import { useState } from "react";
        import { api } from "../convex/_generated/api";

        export default function App() {
          const tasks = useQuery(api.tasks.get);
          const add = useMutation(api.tasks.add);
          const [text, setText] = useState("");
          return (
            <form onSubmit={(event) => { event.preventDefault(); void add({ text }); }}>
              <ul>{tasks?.map((task) => <li key={task._id}>{task.text}</li>)}</ul>
              <input value={text} onChange={(event) => setText(event.target.value)} />
            </form>
          );
        }
        """;
}
