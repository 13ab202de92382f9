using Fresnel.Conformance.Browsers;
using Fresnel.Conformance.Cli;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>A real server for the clients to talk to, with the app of <c>tests/npm/clients</c> pushed to it.</summary>
public sealed class ClientApp : IAsyncLifetime
{
    public CliHost Host { get; } = new();

    public ConvexProject Project { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Host.InitializeAsync();
        Project = await ConvexProject.CreateAsync([.. Sources()]);
        await Host.PushAsync(Project);
    }

    /// <summary>Runs a program in Node to its end. Before it stands what every one of them needs.</summary>
    internal async Task RunAsync(string program)
    {
        await using var script = Start(program);
        await script.SucceedAsync();
    }

    /// <summary>Starts a program.</summary>
    internal ClientScript Start(string program) => ClientScript.Start(Project, Prologue + program, Host.Url, Host.AdminKey);

    /// <summary>Runs a program that looks at pages of <c>tests/npm/clients/pages</c> in Chromium.</summary>
    internal async Task RunPageAsync(string program)
    {
        await using var script = await StartPageAsync(program);
        await script.SucceedAsync();
    }

    /// <summary>Starts such a program.</summary>
    internal async Task<ClientScript> StartPageAsync(string program)
    {
        var chromium = await Chromium.EndpointAsync();
        return Start($$"""
            const { openPage, closePages } = await import(process.env.MODULES + "page.mjs");
            process.env.CHROMIUM = "{{chromium}}";
            {{program}}
            await closePages();
            """);
    }

    public async ValueTask DisposeAsync()
    {
        Project.Dispose();
        await Host.DisposeAsync();
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory.EnumerateFiles(Path.Combine(NpmPackages.Folder, "clients", "convex"), "*.ts").Select(file => ($"convex/{Path.GetFileName(file)}", File.ReadAllText(file)));

    internal const string Prologue = """
        import assert from "node:assert/strict";
        import { ConvexClient, ConvexHttpClient } from "convex/browser";
        import { anyApi } from "convex/server";
        import { ConvexError } from "convex/values";
        import WebSocket from "ws";

        const url = process.env.URL, adminKey = process.env.ADMIN_KEY, api = anyApi;
        const open = (options = {}) => new ConvexClient(url, { webSocketConstructor: WebSocket, unsavedChangesWarning: false, ...options });

        // Waits until the test says so.
        const again = () => new Promise((resolve) => process.stdin.once("data", () => { process.stdin.destroy(); resolve(); }));

        // Follows a query: until(check) resolves with the first value that passes.
        function follow(client, query, args) {
          let latest; const values = []; const waiting = new Set(); let failure;
          const look = () => { for (const entry of waiting) if (values.length && entry.check(latest)) { waiting.delete(entry); entry.resolve(latest); } };
          const stop = client.onUpdate(query, args, (value) => { latest = value; values.push(value); look(); }, (error) => { failure = error; for (const entry of waiting) entry.reject(error); waiting.clear(); });
          return { values, stop, until: (check) => new Promise((resolve, reject) => { if (failure) reject(failure); waiting.add({ check, resolve, reject }); look(); }) };
        }

        """;
}
