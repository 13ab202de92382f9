using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Node;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>What a push learns by importing: <c>spec/function-runtime.md</c> §1.2, <c>spec/deploy-api.md</c> §5.</summary>
public sealed class AnalyzerTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private const string Imports = "import { query, mutation, action, internalQuery, internalMutation, internalAction } from \"./_deps/LIB.js\";\n";
    private static readonly Dictionary<string, string> NoVariables = [];
    private readonly NodeAnalyzer _analyzer = new(node.Options);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Spec("function-runtime", 1)]
    public async Task Every_function_is_found_with_kind_visibility_and_validators()
    {
        var module = await AnalyzeAsync("""
            export const list = query({ args: { type: "object", value: {} }, returns: { type: "null" }, handler: () => null });
            export const send = internalMutation(() => {});
            export default action(() => {});
            export const helper = () => 1, settings = { isQuery: true }, nothing = null;
            export const odd = Object.assign(query(() => {}), { isInternal: true });
            export const unseen = (() => { const one = query(() => {}); delete one.isPublic; return one; })();
            """);

        Assert.Equal(
            [
                ("default", FunctionKind.Action, FunctionVisibility.Public, """{"type":"any"}""", "null"),
                ("list", FunctionKind.Query, FunctionVisibility.Public, """{"type":"object","value":{}}""", """{"type":"null"}"""),
                ("send", FunctionKind.Mutation, FunctionVisibility.Internal, """{"type":"any"}""", "null"),
                ("unseen", FunctionKind.Query, (FunctionVisibility?)null, """{"type":"any"}""", "null"),
            ],
            module.Functions.Select(function => (function.Name, function.Kind, function.Visibility, function.ArgumentsJson, function.ReturnsJson)));
        Assert.Equal("m.js:odd is both public and internal; it is left out.", Assert.Single(module.Warnings));
        Assert.Null(module.HttpRoutes);
        Assert.Null(module.CronSpecs);
    }

    [Fact]
    public async Task The_text_that_is_stored_reads_back()
    {
        var module = await AnalyzeAsync("export const list = query(() => {});");
        Assert.Equal(
            """{"functions":[{"name":"list","pos":null,"udfType":"Query","visibility":{"kind":"public"},"args":"{\u0022type\u0022:\u0022any\u0022}","returns":"null"}],"httpRoutes":null,"cronSpecs":null,"sourceMapped":null}""",
            module.Json);
        Assert.Equal(module.Functions, AnalyzedModule.Parse("m.js", ModuleEnvironment.Isolate, module.Json).Functions);
    }

    [Fact]
    public async Task Positions_come_from_the_source_map()
    {
        var source = Imports + "export const second = query(() => {\n});\nexport const first = query(\n() => {});";
        var map = """{"version":3,"sources":["../convex/m.ts"],"names":[],"mappings":"AAAA;AAoBA;AACA;AACA;AApBA"}""";
        var module = Assert.Single(await _analyzer.AnalyzeAsync(Bundle.Of(Bundle.Module("m.js", source, map)), NoVariables, Cancellation));
        Assert.Equal([("first", 2), ("second", 20)], module.Functions.Select(function => (function.Name, function.Position!.Value.Line)));
        Assert.All(module.Functions, function => Assert.Equal("m.js", function.Position!.Value.Path));
    }

    [Fact]
    public async Task Queries_of_use_node_modules_are_accepted_with_a_warning()
    {
        var modules = Bundle.Of(
            Bundle.Module("n.js", "import fs from \"node:fs\";\n" + Imports + "export const look = query(() => fs.constants); export const act = internalAction(() => Buffer);", environment: ModuleEnvironment.Node),
            Bundle.Module("m.js", Imports + "export const list = query(() => {});"));
        var analysed = await _analyzer.AnalyzeAsync(modules, NoVariables, Cancellation);
        Assert.Equal(["n.js", "m.js"], analysed.Select(module => module.Path));
        Assert.Equal(["act", "look"], analysed[0].Functions.Select(function => function.Name));
        Assert.Equal("n.js:look is a query in a \"use node\" file. It runs as a deterministic function here; Convex would refuse it.", Assert.Single(analysed[0].Warnings));
    }

    [Fact]
    public async Task Routes_and_crons_are_read()
    {
        var modules = Bundle.Of(
            Bundle.Module("http.js", """export default { isRouter: true, getRoutes: () => [["/a", "GET", null], ["/b/*", "POST", null]] };"""),
            Bundle.Module("crons.js", """
                const schedules = {
                  often: { type: "interval", minutes: 5 }, daily: { type: "daily", hourUTC: 3, minuteUTC: 30 },
                  weekly: { type: "weekly", dayOfWeek: "monday", hourUTC: 1 }, raw: { type: "cron", cron: "0 12 * * 1" },
                };
                export default {
                  isCrons: true,
                  export: () => JSON.stringify(Object.fromEntries(Object.entries(schedules).map(([name, schedule]) => [name, { name: "a/b:sweep", args: [{ é: 1 }], schedule }]))),
                };
                """));
        var analysed = await _analyzer.AnalyzeAsync(modules, NoVariables, Cancellation);

        Assert.Equal([new("/a", "GET"), new AnalyzedRoute("/b/*", "POST")], analysed[0].HttpRoutes);
        Assert.Equal(
            ["""{"type":"interval","seconds":300}""", """{"type":"daily","hourUTC":3,"minuteUTC":30}""", """{"type":"weekly","dayOfWeek":1,"hourUTC":1}""", """{"type":"cron","cronExpr":"0 12 * * 1"}"""],
            analysed[1].CronSpecs!.Select(cron => cron.ScheduleJson));
        Assert.All(analysed[1].CronSpecs!, cron => Assert.Equal((new FunctionPath("a/b", "sweep"), """[{"é":1}]"""), (cron.Function, cron.ArgumentsJson)));
    }

    [Fact]
    [Spec("deploy-api", 25)]
    public async Task An_import_that_throws_names_the_original_place()
    {
        var module = Bundle.Module("a/b.js", "const x = 1;\nthrow new Error(\"boom\");", """{"version":3,"sources":["../../convex/a/b.ts"],"names":[],"mappings":"AAAA;AAKA"}""");
        var refused = await RefusedAsync(_analyzer.AnalyzeAsync(Bundle.Of(module), NoVariables, Cancellation));
        Assert.Equal("InvalidModules", refused.Code);
        Assert.Equal(
            "Loading the pushed modules encountered the following\n    error:\nFailed to analyze a/b.js: Uncaught Error: boom\n    at <anonymous> (../../convex/a/b.ts:6:1)\n",
            refused.Message);
    }

    [Theory]
    [InlineData("export const a = query({ args: { type: 'string' }, handler: () => {} });", "Invalid args validator of m.js:a: Args validator must be an object or any")]
    [InlineData("export const a = Object.assign(query(() => {}), { exportArgs: () => 'x{' });", "Invalid JSON returned from m.js:a.exportArgs(): ")]
    [InlineData("import { nope } from './_deps/LIB.js';", "Failed to analyze m.js: Uncaught SyntaxError: ")]
    [InlineData("import './gone.js';", "Failed to analyze m.js: Uncaught Error: Cannot find module 'gone.js' imported from m.js\n")]
    [InlineData("fetch('http://127.0.0.1:1');await 0;", "Failed to analyze m.js: Uncaught Error: Can't use fetch() during module imports\n")]
    public async Task What_is_wrong_with_a_module_is_told(string source, string expected)
    {
        var refused = await RefusedAsync(AnalyzeAsync(source));
        Assert.Equal("InvalidModules", refused.Code);
        Assert.StartsWith("Loading the pushed modules encountered the following\n    error:\n" + expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_is_its_exported_text()
    {
        Assert.Equal("""{"tables":[],"schemaValidation":true}""", await SchemaAsync("""export default { export: () => '{"tables":[],"schemaValidation":true}' };"""));
        Assert.Equal("MissingSchemaExportError", (await RefusedAsync(SchemaAsync("export const x = 1;"))).Code);
        Assert.Equal("InvalidSchemaExport", (await RefusedAsync(SchemaAsync("export default {};"))).Code);
        Assert.Equal("InvalidSchemaExport", (await RefusedAsync(SchemaAsync("export default { export: () => 5 };"))).Code);
        var thrown = await RefusedAsync(SchemaAsync("throw new Error('no');"));
        Assert.Equal(("InvalidSchema", "Hit an error while evaluating your schema:\nFailed to analyze schema.js: Uncaught Error: no\n"), (thrown.Code, thrown.Message));

        Task<string> SchemaAsync(string source) => _analyzer.EvaluateSchemaAsync(Bundle.Module("schema.js", source), Cancellation);
    }

    [Fact]
    [Spec("deploy-api", 18)]
    public async Task An_auth_config_is_checked_and_may_not_read_an_unset_variable()
    {
        const string Source = """
            export default { providers: [
              { domain: process.env.DOMAIN ?? "https://default", applicationID: "convex" },
              { type: "customJwt", issuer: "https://i", jwks: "https://i/jwks", algorithm: "RS256" },
            ] };
            """;
        Assert.Equal(
            """[{"applicationID":"convex","domain":"https://d"},{"type":"customJwt","applicationID":null,"issuer":"https://i","jwks":"https://i/jwks","algorithm":"RS256"}]""",
            await AuthAsync(Source, new() { ["DOMAIN"] = "https://d" }));
        var unset = await RefusedAsync(AuthAsync(Source, []));
        Assert.Equal(
            ("AuthConfigMissingEnvironmentVariable", "Environment variable DOMAIN is used in auth config file but its value was not set"), (unset.Code, unset.Message));
        Assert.Equal("AuthConfigMissingExportError", (await RefusedAsync(AuthAsync("export const x = 1;", []))).Code);
        var misspelt = await RefusedAsync(AuthAsync("export default { providers: [{ domain: 'd', applicationId: 'x' }] };", []));
        Assert.Equal("AuthConfigNotMatchingSchemaError", misspelt.Code);
        Assert.Equal(
            "auth config file must include a list of provider credentials: Provider at index 0 must have applicationID property spelled lowercase 'application', capital I, capital D.",
            misspelt.Message);

        Task<string> AuthAsync(string source, Dictionary<string, string> variables) =>
            _analyzer.EvaluateAuthConfigAsync(Bundle.Module("auth.config.js", source), variables, Cancellation);
    }

    [Fact]
    public async Task An_app_definition_is_its_export_with_its_path()
    {
        Assert.Equal(
            """{"definitionType":{"type":"app"},"childComponents":[],"path":""}""",
            await DefinitionAsync("""export default { export: () => ({ definitionType: { type: "app" }, childComponents: [] }) };"""));
        Assert.Equal("InvalidDefinition", (await RefusedAsync(DefinitionAsync("export default {}; export const more = 1;"))).Code);
        var components = await RefusedAsync(DefinitionAsync("""import a from"./_componentDeps/Li4vbm9kZV9tb2R1bGVzL3g";export default a;"""));
        Assert.Equal(("NotBuiltYet", true), (components.Code, components.Message.Contains("../node_modules/x", StringComparison.Ordinal)));

        Task<string> DefinitionAsync(string source) => _analyzer.EvaluateAppDefinitionAsync(Bundle.Module("convex.config.js", source), NoVariables, Cancellation);
    }

    private async Task<AnalyzedModule> AnalyzeAsync(string source) =>
        Assert.Single(await _analyzer.AnalyzeAsync(Bundle.Of(Bundle.Module("m.js", Imports + source)), NoVariables, Cancellation));

    private static Task<DeveloperException> RefusedAsync(Task work) => Assert.ThrowsAsync<DeveloperException>(() => work);
}
