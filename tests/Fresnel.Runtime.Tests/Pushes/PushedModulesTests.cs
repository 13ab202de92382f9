using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Pushes;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Pushes;

public sealed class PushedModulesTests
{
    private static readonly Module Deployed = PushedModules.Read(new("a.js", "let a", "isolate"));

    [Fact]
    [Spec("deploy-api", 9)]
    public void A_module_has_the_hash_that_the_CLI_computes()
    {
        var push = JsonSerializer.Deserialize(Captures.StartPushBody, PushJson.Default.PushRequest)!;
        var expected = Captures.Read("deploy-08-get_config_hashes.second-push").GetProperty("response").GetProperty("body").GetProperty("moduleHashes")
            .EnumerateArray().ToDictionary(module => module.GetProperty("path").GetString()!, module => module.GetProperty("hash").GetString()!);

        var modules = PushedModules.Resolve(push.AppDefinition, []);

        Assert.Equal(expected, modules.ToDictionary(module => module.Path, module => module.Sha256));
    }

    [Fact]
    [Spec("deploy-api", 10)]
    public void Unchanged_modules_come_from_what_is_deployed_and_unmentioned_ones_go()
    {
        var gone = PushedModules.Read(new("gone.js", "let gone", "isolate"));

        var modules = PushedModules.Resolve(App([new("b.js", "let b", "node", "{}")], [new("a.js", "isolate", Deployed.Sha256)]), [Deployed, gone]);

        Assert.Equal(["a.js", "b.js"], modules.Select(module => module.Path));
        Assert.Equal("let a", modules[0].Source);
        Assert.Equal(ModuleEnvironment.Node, modules[1].Environment);
    }

    [Theory]
    [Spec("deploy-api", 11)]
    [InlineData("a.js", "isolate", "0000", "ExistingModuleHashConflict")]
    [InlineData("b.js", "isolate", null, "MissingExistingModule")]
    [InlineData("a.js", "node", null, "ExistingModuleEnvConflict")]
    public void A_module_that_is_not_deployed_like_that_is_a_conflict(string path, string environment, string? hash, string code)
    {
        var app = App([], [new(path, environment, hash ?? Deployed.Sha256)]);

        Assert.Equal(code, Assert.Throws<ModuleConflictException>(() => PushedModules.Resolve(app, [Deployed])).Code);
    }

    [Theory]
    [InlineData("a.ts")]
    [InlineData("/a.js")]
    [InlineData("../a.js")]
    [InlineData("a//b.js")]
    [InlineData("./a.js")]
    [InlineData("_system/a.js")]
    [InlineData("a b.js")]
    [InlineData("")]
    public void A_path_that_no_bundler_makes_is_refused(string path) =>
        Assert.Equal("InvalidModulePath", Assert.Throws<DeveloperException>(() => PushedModules.Resolve(App([new(path, "", "isolate")], []), [])).Code);

    [Theory]
    [InlineData("messages.js")]
    [InlineData("lib/shared.js")]
    [InlineData("_deps/FVAWHKPC.js")]
    [InlineData("_deps/node/FVAWHKPC.js")]
    [InlineData("auth.config.js")]
    [InlineData("my-module_2.js")]
    public void A_path_that_the_bundler_makes_is_taken(string path) =>
        Assert.Equal(path, Assert.Single(PushedModules.Resolve(App([new(path, "", "isolate")], []), [])).Path);

    [Fact]
    [Spec("deploy-api", 30)]
    public void More_modules_than_a_push_may_have_are_refused()
    {
        PushedModule[] modules = [.. Enumerable.Range(0, 4097).Select(number => new PushedModule($"m{number}.js", "", "isolate"))];

        Assert.Equal("InvalidModules", Assert.Throws<DeveloperException>(() => PushedModules.Resolve(App(modules, []), [])).Code);
        Assert.Equal(4096, PushedModules.Resolve(App(modules[1..], []), []).Count);
    }

    [Fact]
    public void The_hash_of_a_set_tells_sets_apart_and_not_their_order()
    {
        PushedModuleHash a = new("a.js", "isolate", "1"), b = new("b.js", "isolate", "2");

        Assert.Equal(ModuleHashes.OfSet([a, b]), ModuleHashes.OfSet([b, a]));
        Assert.NotEqual(ModuleHashes.OfSet([a, b]), ModuleHashes.OfSet([a]));
        Assert.NotEqual(ModuleHashes.OfSet([a]), ModuleHashes.OfSet([a with { Environment = "node" }]));
        Assert.Equal("", ModuleHashes.OfSet([]));
    }

    private static PushedApp App(IReadOnlyList<PushedModule> changed, IReadOnlyList<PushedModuleHash> unchanged) =>
        new() { ChangedModules = changed, UnchangedModuleHashes = unchanged, UdfServerVersion = "1.48.0" };
}
