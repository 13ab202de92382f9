using Fresnel.Runtime.Pushes;
using Fresnel.Runtime.Tests.Node;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Pushes;

/// <summary><c>node.externalPackages</c>: a real npm installs from a registry of the test's own, and <c>"use node"</c> modules find what it installed.</summary>
[Spec("deploy-api", 29)]
public sealed class ExternalPackageTests : IAsyncLifetime
{
    private const string Uses = """
        "use node";
        import { action } from "./_deps/LIB.js";
        import greet from "greeter";
        import { shout } from "@scope/modern";
        export const hello = action(() => [greet("you"), shout("you"), require("greeter")("me"), typeof __dirname, require("greeter/package.json").version]);
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fresnel-packages-");
    private readonly TinyRegistry _registry = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Packages => Path.Combine(_folder.FullName, "packages");

    public ValueTask InitializeAsync()
    {
        _registry
            .With("greeter", "1.2.3", "\"main\":\"main.js\",\"dependencies\":{\"polite\":\"1.0.0\"},\"hasInstallScript\":true,\"scripts\":{\"postinstall\":\"node -e \\\"require('fs').writeFileSync('ran','')\\\"\"}",
                ("main.js", "module.exports = (name) => require('polite') + ', ' + name + (require('fs').existsSync(__dirname + '/ran') ? ' (it ran)' : '');"))
            .With("polite", "1.0.0", "", ("index.js", "module.exports = 'dear';"))
            .With("@scope/modern", "2.0.0-beta.1", "\"type\":\"module\",\"exports\":\"./main.js\"", ("main.js", "export const shout = (name) => name.toUpperCase() + '!';"))
            .With("large", "1.0.0", "", ("data.txt", new string('x', 5 << 20)));
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Packages_are_installed_found_and_kept_as_long_as_the_list_is_the_same()
    {
        await using var deployment = await StartAsync();
        Assert.Equal("[\"dear, you\",\"YOU!\",\"dear, me\",\"string\",\"1.2.3\"]", await PushAndCallAsync(deployment, Uses));
        var installed = Assert.Single(Directory.GetDirectories(Packages));
        Assert.DoesNotContain(Directory.GetFiles(installed, "*", SearchOption.AllDirectories), file => Path.GetFileName(file) == "ran");
        Assert.Equal([new("@scope/modern", "2.0.0-beta.1"), new NodeDependency("greeter", "1.2.3")], (await deployment.Pushes.GetConfigHashesAsync(Token)).NodeDependencies);

        // Other code, the same list: npm is not asked.
        var asked = _registry.Requests.Count;
        Assert.Equal("\"dear, again\"", await PushAndCallAsync(deployment, Uses.Replace("[greet(\"you\"), shout(\"you\"), require(\"greeter\")(\"me\"), typeof __dirname, require(\"greeter/package.json\").version]", "greet('again')", StringComparison.Ordinal)));
        Assert.Equal(asked, _registry.Requests.Count);
    }

    [Fact]
    public async Task A_folder_that_was_deleted_is_installed_anew_when_a_function_needs_it()
    {
        var store = new MemoryCommitStore();
        await using (var deployment = await StartAsync(store)) await PushAndCallAsync(deployment, Uses);
        Directory.Delete(Packages, recursive: true);
        await using var again = await StartAsync(store);
        Assert.StartsWith("[\"dear, you\"", await CallAsync(again), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installation_that_the_disk_refused_is_tried_again_by_the_next_push()
    {
        await using var deployment = await StartAsync();
        await File.WriteAllTextAsync(Packages, "in the way", Token);
        await Assert.ThrowsAnyAsync<IOException>(() => PushAndCallAsync(deployment, Uses));
        File.Delete(Packages);
        Assert.StartsWith("[\"dear, you\"", await PushAndCallAsync(deployment, Uses), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_push_whose_packages_cannot_be_had_says_why_and_changes_nothing()
    {
        await using var deployment = await StartAsync();
        const string Before = "\"use node\";\nimport { action } from \"./_deps/LIB.js\"; export const hello = action(() => 'before');";
        Assert.Equal("\"before\"", await PushAndCallAsync(deployment, Before, []));
        var before = await deployment.Pushes.GetConfigHashesAsync(Token);

        await RefusedAsync(deployment, "npm said:\ncode E404\n", new NodeDependency("absent", "1.0.0"));
        await RefusedAsync(deployment, "greeter@9.9.9", new NodeDependency("greeter", "9.9.9"));
        await RefusedAsync(deployment, "\"file:/etc\" is not an exact version of greeter.", new NodeDependency("greeter", "file:/etc"));
        await RefusedAsync(deployment, "\"--registry=x\" is not the name of a package.", new NodeDependency("--registry=x", "1.0.0"));
        await RefusedAsync(deployment, "greeter is listed in 2 versions.", new NodeDependency("greeter", "1.0.0"), new NodeDependency("greeter", "1.2.3"));

        Assert.Equal(before.ModuleHashes, (await deployment.Pushes.GetConfigHashesAsync(Token)).ModuleHashes);
        Assert.Equal("\"before\"", await CallAsync(deployment));
        Assert.Empty(Directory.GetDirectories(Packages));
    }

    [Fact]
    public async Task Installing_is_bounded_in_time_and_size_and_needs_an_npm()
    {
        await using (var small = await StartAsync(packages: options => options with { MostBytes = 1 << 20 })) await RefusedAsync(small, "They take more than 1 MiB.", new NodeDependency("large", "1.0.0"));
        await using (var none = await StartAsync(packages: options => options with { NpmPath = Path.Combine(_folder.FullName, "no-npm") })) await RefusedAsync(none, "does not start", new NodeDependency("greeter", "1.2.3"));
        var never = new TaskCompletionSource();
        _registry.Answering = never.Task;
        await using (var hasty = await StartAsync(packages: options => options with { MostTime = TimeSpan.FromSeconds(1) })) await RefusedAsync(hasty, "npm took longer than 1 seconds.", new NodeDependency("greeter", "1.2.3"));
        never.SetResult();
        Assert.Empty(Directory.GetDirectories(Packages));
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private Task<Deployment> StartAsync(MemoryCommitStore? store = null, Func<NodePackageOptions, NodePackageOptions>? packages = null)
    {
        var options = new NodePackageOptions { Registry = _registry.Url };
        return Deployment.StartAsync(store ?? new MemoryCommitStore(), new DeploymentOptions { BundleFolder = _folder.FullName, NodePackages = packages?.Invoke(options) ?? options }, Token);
    }

    private static async Task<string> PushAndCallAsync(Deployment deployment, string source, NodeDependency[]? packages = null)
    {
        var started = await deployment.Pushes.StartAsync(Request(source, packages ?? [new("greeter", "1.2.3"), new("@scope/modern", "2.0.0-beta.1")]), Token);
        await deployment.Pushes.FinishAsync(new() { StartPush = started }, Token);
        return await CallAsync(deployment);
    }

    private static async Task<string> CallAsync(Deployment deployment) =>
        TestDeployment.ValueOf(await deployment.Invoker.ActionAsync(TestDeployment.Call("m:hello"), Token));

    private static async Task RefusedAsync(Deployment deployment, string expected, params NodeDependency[] packages)
    {
        var refused = await Assert.ThrowsAsync<DeveloperException>(() => deployment.Pushes.StartAsync(Request(Uses, packages), Token));
        Assert.Equal("InvalidExternalPackages", refused.Code);
        Assert.StartsWith("Hit an error while pushing:\nThe npm packages of \"use node\" modules (node.externalPackages in convex.json) could not be installed. ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    private static PushRequest Request(string source, NodeDependency[] packages) => new()
    {
        AppDefinition = new PushedApp
        {
            ChangedModules = [new PushedModule("m.js", source, "node"), new PushedModule("_deps/LIB.js", Bundle.Library, "node")],
            UdfServerVersion = "1.48.0",
        },
        NodeDependencies = packages,
    };
}
