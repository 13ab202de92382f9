using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary><c>node.externalPackages</c> as the official CLI sends them, installed from the machine's package registry.</summary>
public sealed class ExternalPackageTests(CliHost host) : IClassFixture<CliHost>
{
    [Fact, Spec("deploy-api", 29)]
    public async Task Packages_that_the_CLI_leaves_out_of_the_bundle_are_installed_and_found()
    {
        using var project = await ConvexProject.CreateAsync(
            ("package.json", """{"name":"app","private":true,"type":"module","dependencies":{"convex":"1.48.0","jose":"*","ws":"*"}}"""),
            ("convex.json", """{"node":{"externalPackages":["jose","ws"]}}"""),
            ("convex/signing.ts", """
                "use node";
                import { actionGeneric as action } from "convex/server";
                import * as jose from "jose";
                import WebSocket from "ws";
                export const look = action({ args: {}, handler: async () => [typeof jose.SignJWT, typeof WebSocket, require("ws") === WebSocket, typeof __dirname] });
                """));
        await host.SucceedAsync(project, "deploy", "--typecheck=disable", "--codegen=disable");
        Assert.Equal("""["function","function",true,"string"]""", (await host.CallAsync("action", "signing:look", new { })).GetRawText());
        var installed = Assert.Single(Directory.GetDirectories(Path.Combine(host.Host.Data, "bundles", "packages")));
        Assert.True(File.Exists(Path.Combine(installed, "node_modules", "jose", "package.json")));
    }
}
