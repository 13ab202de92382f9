using Fresnel.Conformance.Cli;
using Fresnel.Conformance.Clients;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Libraries;

/// <summary>Apps that are made with what others have written for Convex, unmodified. Each app and its client are a folder of <c>tests/npm</c>.</summary>
public sealed class LibraryTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("helpers")] // convex-helpers and Zod: triggers, rules, streams, rate limits, migrations, retries, CORS.
    [InlineData("ents")] // convex-ents and Hono: edges, unique fields, cascading deletion; routes, middleware and streams.
    public async Task An_app_that_is_made_of_them_does_what_they_promise(string app)
    {
        await using var host = new CliHost();
        await host.InitializeAsync();
        var folder = Path.Combine(NpmPackages.Folder, app);
        using var project = await ConvexProject.CreateAsync(
        [
            .. Directory.GetFiles(folder, "*.ts").Select(file => ($"convex/{Path.GetFileName(file)}", File.ReadAllText(file))),
            ("use.mjs", await File.ReadAllTextAsync(Path.Combine(folder, "use.mjs"), TestContext.Current.CancellationToken)),
        ]);
        output.WriteLine((await host.PushAsync(project)).ToString());
        await using var script = ClientScript.Start(project, $"process.env.SITE = '{host.Host.SiteUrl}'; await import('./use.mjs');", host.Url, host.AdminKey);
        await script.SucceedAsync();
    }
}
