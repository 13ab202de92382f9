using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Libraries;

/// <summary>An app made with <c>convex-helpers</c> and Zod, unmodified: triggers, rules, streams, rate limits, migrations, retries, CORS. The app and its client are in <c>tests/npm/helpers</c>.</summary>
public sealed class HelpersTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact]
    public async Task An_app_that_is_made_of_helpers_does_what_they_promise()
    {
        using var project = await ConvexProject.CreateAsync(("convex/schema.ts", Read("schema.ts")), ("convex/app.ts", Read("app.ts")), ("convex/http.ts", Read("http.ts")), ("use.mjs", Read("use.mjs")));
        await host.PushAsync(project);
        var program = $"process.env.SITE = '{host.Host.SiteUrl}'; await import('./use.mjs');";
        await using var script = ClientScript.Start(project, program, host.Url, host.AdminKey);
        await script.SucceedAsync();
    }

    private static string Read(string name) => File.ReadAllText(Path.Combine(NpmPackages.Folder, "helpers", name));
}
