using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Bundles that the real CLI made of a real app, with the unmodified client library in them: <c>tests/captures</c>.</summary>
public sealed class RealLibraryTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private static readonly ModuleSet Modules = ReadModules();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Spec("deploy-api", 13, 15)]
    public async Task The_captured_app_is_analysed_as_it_was_captured()
    {
        var expected = Captures.Read("deploy-05-start_push.response").GetProperty("body").GetProperty("analysis").GetProperty("").GetProperty("functions");
        foreach (var module in await new NodeAnalyzer(node.Options).AnalyzeAsync(Modules, new Dictionary<string, string>(), Cancellation))
        {
            var captured = AnalyzedModule.Parse(module.Path, module.Environment, JsonSerializer.Serialize(expected.GetProperty(module.Path)));
            // The positions in the capture are placeholders.
            Assert.Equal(
                captured.Functions.Select(function => function with { Position = null }).OrderBy(function => function.Name),
                module.Functions.Select(function => function with { Position = null }).OrderBy(function => function.Name));
            Assert.Equal(captured.HttpRoutes, module.HttpRoutes);
            Assert.Equal(captured.CronSpecs, module.CronSpecs);
        }
    }

    [Fact]
    public async Task The_library_reads_through_a_stream_of_documents()
    {
        var documents = new Queue<string>(["""{"value":{"author":"ada"},"done":false}""", """{"value":null,"done":true}"""]);
        var scope = new FakeScope { Answer = (_, _, _) => new(documents.Dequeue()) };
        var result = await RunAsync("list", FunctionKind.Query, scope);
        Assert.Equal("""[{"author":"ada","tag":"shared:a"}]""", Encoding.UTF8.GetString(result.Value.Span));
        Assert.Equal(["open 0", "1.0/queryStreamNext", "1.0/queryStreamNext", "close 0"], scope.Calls.Select(call => string.Join(' ', call.Split(' ').TakeWhile(word => !word.StartsWith('{')))));
    }

    [Fact]
    public async Task Frames_of_the_library_are_left_out_at_both_ends()
    {
        var scope = new FakeScope { Answer = (_, _, _) => throw new DeveloperException("Gone", "gone") };
        var error = (await RunAsync("list", FunctionKind.Query, scope)).Error!;
        Assert.Equal("Uncaught Error: gone", error.Message);
        Assert.Matches(@"^at async handler \(\.\./convex/messages\.ts:10:\d+\)$", Assert.Single(error.Frames));
    }

    [Fact]
    public async Task An_action_names_itself_in_its_syscalls()
    {
        var scope = new FakeScope { Answer = (_, _, _) => new("\"hash\"") };
        var result = await RunAsync("doThing", FunctionKind.Action, scope);
        Assert.Equal("4", Encoding.UTF8.GetString(result.Value.Span));
        Assert.Equal("""1.0/actions/action {"name":"nodeStuff:hash","args":{"s":"1"},"version":"1.48.0","requestId":"the one"}""", Assert.Single(scope.Calls));
    }

    private Task<InvocationResult> RunAsync(string export, FunctionKind kind, FakeScope scope)
    {
        var path = new FunctionPath("messages", export);
        var function = new FunctionDefinition(path, kind, FunctionVisibility.Public, ModuleEnvironment.Isolate, Validator.Any, null);
        var code = new ComponentCode("", "captured", Modules, new Dictionary<FunctionPath, FunctionDefinition> { [path] = function }, new Dictionary<string, string>());
        var invocation = new Invocation
        {
            Function = function,
            Code = code,
            Arguments = """[{"author":"a","n":1}]"""u8.ToArray(),
            InvocationId = "the one",
            StartMilliseconds = 1,
            Seed = new byte[32],
            Scope = scope,
        };
        return node.Runner.InvokeAsync(invocation, Cancellation).AsTask();
    }

    private static ModuleSet ReadModules()
    {
        using var body = JsonDocument.Parse(Captures.StartPushBody);
        var modules = body.RootElement.GetProperty("appDefinition").GetProperty("changedModules").EnumerateArray().Select(ReadModule);
        return new ModuleSet("captured", [.. modules.OrderBy(module => module.Path, StringComparer.Ordinal)], new ImportPhase(new byte[32], 0));
    }

    private static Module ReadModule(JsonElement module) => Bundle.Module(
        module.GetProperty("path").GetString()!,
        module.GetProperty("source").GetString()!,
        module.GetProperty("sourceMap").GetString(),
        module.GetProperty("environment").GetString() == "node" ? ModuleEnvironment.Node : ModuleEnvironment.Isolate);
}
