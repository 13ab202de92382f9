using System.Runtime.CompilerServices;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Environment;
using Fresnel.Runtime.Pushes;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Pushes.TestPushes;

namespace Fresnel.Runtime.Tests.Pushes;

public sealed class PushTests
{
    [Fact]
    [Spec("deploy-api", 9, 10, 12)]
    public async Task A_push_replaces_all_modules_and_only_when_it_finishes()
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([Module("a.js", "one"), Module("b.js", "two"), Module("_deps/X.js")]));
        var hash = (await pushes.Room.GetConfigHashesAsync(Token)).ModuleHashes.Single(module => module.Path == "a.js").Hash;

        var second = Request([Module("c.js", "three")]);
        var started = await pushes.StartAsync(second with { AppDefinition = second.AppDefinition with { UnchangedModuleHashes = [new("a.js", "isolate", hash)] } });
        Assert.Equal(["a:one", "b:two"], Names(await pushes.LoadAsync()));
        var diff = await pushes.FinishAsync(started);

        Assert.Equal(["a:one", "c:three"], Names(await pushes.LoadAsync()));
        Assert.Equal(["c.js"], diff.ComponentDiffs[""].ModuleDiff.Added);
        Assert.Equal(["b.js"], diff.ComponentDiffs[""].ModuleDiff.Removed);
    }

    [Fact]
    public async Task An_app_whose_code_is_too_large_is_refused_also_when_little_of_it_changed()
    {
        await using var pushes = await OpenAsync(limits: new FunctionLimits { CodeBytes = 6 });
        await pushes.PushAsync(Request([Module("a.js", "one"), Module("b.js", "two")]));
        var hash = (await pushes.Room.GetConfigHashesAsync(Token)).ModuleHashes.Single(module => module.Path == "a.js").Hash;
        var request = Request([new("b.js", "né", "isolate", new string(' ', 100)), Module("c.js", "x")]);

        var refused = await Assert.ThrowsAsync<DeveloperException>(
            () => pushes.StartAsync(request with { AppDefinition = request.AppDefinition with { UnchangedModuleHashes = [new("a.js", "isolate", hash)] } }));

        Assert.Equal(("ModulesTooLarge", "Hit an error while pushing:\nThe code of the app is too large (actual: 7 B, limit: 6 B)."), (refused.Code, refused.Message));
        Assert.Equal(["a:one", "b:two"], Names(await pushes.LoadAsync()));
        await pushes.PushAsync(Request([Module("a.js", "one"), new("b.js", "two", "isolate", new string(' ', 100))]));
    }

    [Fact]
    public async Task What_a_push_does_not_change_is_shared_by_the_generations_and_what_it_replaces_is_let_go_of()
    {
        await using var pushes = await OpenAsync();
        var replaced = new List<WeakReference>();
        await pushes.PushAsync(Request([Module("a.js", "stays"), Module("b.js", "first")]));
        var (stays, _) = await PairAsync(pushes);

        for (var push = 0; push < 10; push++)
        {
            await pushes.PushAsync(Request([Module("a.js", "stays"), Module("b.js", $"next{push}")]));
            replaced.Add(await AddNextAsync(pushes, stays));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        // Four generations are kept, and whatever a state machine that has ended still points to.
        Assert.InRange(replaced.Count(module => module.IsAlive), 1, 5);
        GC.KeepAlive(pushes);
    }

    [Fact]
    public async Task A_module_that_moves_to_another_environment_is_another_one()
    {
        await using var pushes = await OpenAsync();
        var module = Module("a.js", "one");
        await pushes.PushAsync(Request([module]));
        Assert.Equal(ModuleEnvironment.Isolate, Assert.Single((await pushes.LoadAsync()).Modules.Modules).Environment);

        await pushes.PushAsync(Request([module with { Environment = "node" }]));

        Assert.Equal(ModuleEnvironment.Node, Assert.Single((await pushes.LoadAsync()).Modules.Modules).Environment);
    }

    [Fact]
    public async Task Before_the_first_push_there_is_nothing_to_compare_with()
    {
        await using var pushes = await OpenAsync();

        var hashes = await pushes.Room.GetConfigHashesAsync(Token);

        Assert.Empty(hashes.ModuleHashes);
        Assert.Null(hashes.UdfServerVersion);
        Assert.Equal("convex/", hashes.Config.Functions);
    }

    [Fact]
    public async Task An_unchanged_push_commits_nothing()
    {
        await using var pushes = await OpenAsync();
        var request = Request([Module("a.js", "one")], Schema("t", Field("x", "string"), "x"));
        await pushes.PushAsync(request);
        var before = (pushes.Database.Published.Timestamp, (await pushes.LoadAsync()).Generation);

        var diff = await pushes.PushAsync(request);

        Assert.Equal(before, (pushes.Database.Published.Timestamp, (await pushes.LoadAsync()).Generation));
        Assert.Null(diff.ComponentDiffs[""].SchemaDiff);
        Assert.Empty(diff.ComponentDiffs[""].IndexDiff.Added);
    }

    [Fact]
    [Spec("deploy-api", 25)]
    public async Task A_push_whose_import_throws_leaves_everything_as_it_was()
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([Module("a.js", "one")]));
        var before = pushes.Database.Published.Timestamp;

        var error = await Assert.ThrowsAsync<DeveloperException>(() => pushes.StartAsync(Request([new("a.js", "throw", "isolate")])));

        Assert.Equal("InvalidModules", error.Code);
        Assert.Equal("Hit an error while pushing:\nFailed to analyze a.js: Uncaught Error: boom", error.Message);
        Assert.Equal(before, pushes.Database.Published.Timestamp);
    }

    [Fact]
    [Spec("deploy-api", 20)]
    public async Task A_variable_that_changes_during_a_push_is_a_race()
    {
        await using var pushes = await OpenAsync();
        var started = await pushes.StartAsync(Request([Module("a.js", "one")]));
        await pushes.Environment.ChangeAsync([new EnvironmentChange("FOO", "bar")], Token);

        Assert.Equal("RaceDetected", (await Assert.ThrowsAsync<DeveloperException>(() => pushes.FinishAsync(started))).Code);
        Assert.Empty(Names(await pushes.LoadAsync()));

        await pushes.PushAsync(Request([Module("a.js", "one")]));
        Assert.Equal(["a:one"], Names(await pushes.LoadAsync()));
        Assert.Equal("bar", (await pushes.LoadAsync()).Environment["FOO"]);
    }

    [Fact]
    [Spec("deploy-api", 19)]
    public async Task Required_variables_that_are_not_set_stop_the_push_at_its_end()
    {
        const string Definition = """
            {"path":"","definitionType":{"type":"app"},"childComponents":[],"httpMounts":{},"exports":{"type":"branch","branch":[]},
             "envVars":[["B",{"type":"value","value":"{\"type\":\"string\"}"}],["A",{"type":"value","value":"{\"type\":\"string\"}"}],["C",{"type":"value","value":"{\"type\":\"string\"}","optional":true}]]}
            """;
        await using var pushes = await OpenAsync();
        var request = Request([Module("a.js", "one")], definition: new("convex.config.js", Definition, "isolate"));

        var started = await pushes.StartAsync(request);
        var error = await Assert.ThrowsAsync<DeveloperException>(() => pushes.FinishAsync(started));

        Assert.Equal("MissingEnvironmentVariables", error.Code);
        Assert.Equal("Required environment variables are not set: B, A. Set them in the Convex dashboard or CLI before pushing.", error.Message);
        await pushes.Environment.ChangeAsync([new("A", "1"), new("B", "2")], Token);
        await pushes.PushAsync(request);
        Assert.Equal(["a:one"], Names(await pushes.LoadAsync()));
    }

    [Fact]
    [Spec("deploy-api", 21, 22)]
    public async Task A_push_that_is_not_finished_or_is_dry_changes_nothing_that_can_be_seen()
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([Module("a.js", "one")], Schema("t", Field("x", "string", true), "x")));
        await pushes.InsertAsync("t", ("x", "1"));
        var other = Request([Module("b.js", "two")], Schema("t", Field("y", "string", true) + "," + Field("x", "string", true), "y"));

        await pushes.StartAsync(other);
        var dry = await pushes.StartAsync(other with { DryRun = true });
        Assert.IsType<SchemaStatus.Complete>(await pushes.WaitAsync(dry));
        var diff = await pushes.Room.FinishAsync(new() { StartPush = dry, DryRun = true }, Token);

        Assert.Empty(diff.ComponentDiffs);
        Assert.Equal(["t.by_y"], dry.SchemaChange.IndexDiffs[""].Added.Select(index => index.Name));
        Assert.Equal(["a:one"], Names(await pushes.LoadAsync()));
        Assert.Equal(["by_x"], pushes.ReadableIndexes("t"));
    }

    [Fact]
    public async Task A_module_larger_than_a_document_comes_back_whole()
    {
        await using var pushes = await OpenAsync();
        var map = new string('m', 3_000_000);
        var source = string.Concat(Enumerable.Repeat("\U0001F600", 700_000));

        await pushes.PushAsync(Request([new("_deps/BIG.js", source, "isolate", map), Module("a.js", "one")]));

        var module = (await pushes.LoadAsync()).Modules.Modules.Single(module => module.Path == "_deps/BIG.js");
        Assert.True(source == module.Source && map == module.SourceMap);
        Assert.Equal(ModuleHashes.OfModule(source, map), module.Sha256);
    }

    [Fact]
    public async Task What_earlier_pushes_left_behind_goes_after_a_while()
    {
        var time = new ManualTime();
        await using var pushes = await OpenAsync(time);
        await pushes.PushAsync(Request([Module("a.js", "one")], Schema("t", Field("x", "string"))));
        await pushes.StartAsync(Request([Module("a.js", "unfinished")], Schema("t", Field("y", "string"))));

        await pushes.PushAsync(Request([Module("a.js", "two")], Schema("t", Field("z", "string"))));
        Assert.Equal(3, await pushes.CountAsync("_sources"));
        Assert.Equal(3, await pushes.CountAsync("_schemas"));

        time.Advance(TimeSpan.FromMinutes(61));
        await pushes.PushAsync(Request([Module("a.js", "three")], Schema("t", Field("z", "string"))));
        Assert.Equal(1, await pushes.CountAsync("_sources"));
        Assert.Equal(1, await pushes.CountAsync("_schemas"));
        Assert.Equal(["a:three"], Names(await pushes.LoadAsync()));
    }

    [Fact]
    public async Task A_variable_that_does_not_fit_its_declaration_is_refused()
    {
        const string Definition = """
            {"path":"","definitionType":{"type":"app"},"childComponents":[],"httpMounts":{},"exports":{"type":"branch","branch":[]},
             "envVars":[["MODE",{"type":"value","value":"{\"type\":\"literal\",\"value\":\"fast\"}","optional":true}]]}
            """;
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([], definition: new("convex.config.js", Definition, "isolate")));

        var error = await Assert.ThrowsAsync<DeveloperException>(() => pushes.Room.ChangeVariablesAsync([new("MODE", "slow"), new("OTHER", "1")], Token));
        Assert.Equal("InvalidEnvironmentVariable", error.Code);
        Assert.StartsWith("Environment variable MODE does not match its declared validator: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("OTHER", (await pushes.LoadAsync()).Environment.Keys);

        await pushes.Room.ChangeVariablesAsync([new("MODE", "fast")], Token);
        Assert.Equal("fast", (await pushes.LoadAsync()).Environment["MODE"]);
    }

    [Theory]
    [InlineData("2nd", "InvalidFunctionName")]
    [InlineData("bad-name", "InvalidFunctionName")]
    public async Task A_name_that_no_caller_could_write_is_refused(string name, string code)
    {
        await using var pushes = await OpenAsync();

        Assert.Equal(code, (await Assert.ThrowsAsync<DeveloperException>(() => pushes.StartAsync(Request([Module("a.js", name)])))).Code);
    }

    [Theory]
    [InlineData("""{"functions":[{"name":"one","udfType":"Other","args":null,"returns":null,"visibility":null}]}""", "InvalidModules")]
    [InlineData("""{"functions":[{"name":"one","udfType":"Query","args":"{\"type\":\"nonsense\"}","returns":null,"visibility":null}]}""", "InvalidModules")]
    [InlineData("""{"functions":[{"udfType":"Query"}]}""", "InvalidFunctionName")]
    [InlineData("7", "InvalidModules")]
    public async Task What_comes_back_changed_cannot_break_what_is_deployed(string analysis, string code)
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([Module("b.js", "two")]));
        var started = await pushes.StartAsync(Request([Module("a.js", "one")]));
        var changed = new Dictionary<string, System.Text.Json.JsonElement> { ["a.js"] = PushJson.Element(analysis) };

        var finish = pushes.FinishAsync(started with { Analysis = new Dictionary<string, EvaluatedDefinition> { [""] = started.Analysis[""] with { Functions = changed } } });

        Assert.Equal(code, (await Assert.ThrowsAsync<DeveloperException>(() => finish)).Code);
        Assert.Equal(["b:two"], Names(await pushes.LoadAsync()));
    }

    [Fact]
    public async Task What_is_not_built_is_refused_by_name()
    {
        await using var pushes = await OpenAsync();
        var plain = Request([Module("a.js", "one")]);
        const string Search = """{"tables":[{"tableName":"t","indexes":[],"searchIndexes":[{"indexDescriptor":"by_text","searchField":"x","filterFields":[]}],"documentType":{"type":"any"}}],"schemaValidation":true}""";

        await RefusedAsync(plain with { ComponentDefinitions = [new("../limiter")] }, "../limiter");
        await RefusedAsync(Request([], new("schema.js", Search, "isolate")), "t.by_text");

        async Task RefusedAsync(PushRequest request, string name)
        {
            var error = await Assert.ThrowsAsync<DeveloperException>(() => pushes.StartAsync(request));
            Assert.Equal("NotBuiltYet", error.Code);
            Assert.Contains($"\"{name}\"", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Providers_come_and_go_with_the_auth_config()
    {
        const string Provider = """{"applicationID":"app","domain":"https://issuer.example"}""";
        await using var pushes = await OpenAsync();

        var with = await pushes.PushAsync(Request([new("auth.config.js", $"[{Provider}]", "isolate")]));
        var without = await pushes.PushAsync(Request([]));

        Assert.Equal([Provider], with.AuthDiff.Added);
        Assert.Equal([Provider], without.AuthDiff.Removed);
    }

    private static string[] Names(ComponentCode code) => [.. code.Functions.Keys.Select(path => path.ToString()).Order(StringComparer.Ordinal)];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> AddNextAsync(TestPushes pushes, Module stays)
    {
        var (same, next) = await PairAsync(pushes);
        Assert.Same(stays, same);
        return new WeakReference(next);
    }

    private static async Task<(Module First, Module Second)> PairAsync(TestPushes pushes) =>
        (await pushes.LoadAsync()).Modules.Modules is [var first, var second] ? (first, second) : throw new InvalidOperationException("There are not two modules.");
}
