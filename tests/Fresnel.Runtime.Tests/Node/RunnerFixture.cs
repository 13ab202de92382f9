using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>A runner with a folder of its own. Each test brings its own module, and so its own generation of workers.</summary>
public sealed class RunnerFixture : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fresnel-node-");
    private int _invocations;

    public RunnerFixture()
    {
        Options = new DeploymentOptions { BundleFolder = _folder.FullName };
        Runner = new NodeRunner(Options);
    }

    internal DeploymentOptions Options { get; }

    internal NodeRunner Runner { get; }

    /// <summary>Runs an export of module <c>m</c> and expects a value.</summary>
    internal async Task<string> ValueOf(ComponentCode code, string export, string args = "{}", FakeScope? scope = null, Action<InvocationSketch>? adjust = null)
    {
        var result = await RunAsync(code, export, args, scope, adjust);
        Assert.Null(result.Error?.FullText);
        return Encoding.UTF8.GetString(result.Value.Span);
    }

    /// <summary>Runs an export and expects an error.</summary>
    internal async Task<FunctionError> ErrorOf(ComponentCode code, string export, string args = "{}", FakeScope? scope = null)
    {
        var result = await RunAsync(code, export, args, scope);
        Assert.NotNull(result.Error);
        return result.Error;
    }

    internal Task<InvocationResult> RunAsync(
        ComponentCode code, string export, string args = "{}", FakeScope? scope = null, Action<InvocationSketch>? adjust = null, CancellationToken? cancellationToken = null)
    {
        var number = Interlocked.Increment(ref _invocations);
        var sketch = new InvocationSketch { Now = 1_800_000_000_000 + number, Seed = Seed(number) };
        adjust?.Invoke(sketch);
        return Runner.InvokeAsync(
            new Invocation
            {
                Function = code.Functions[new FunctionPath("m", export)],
                Code = code,
                Arguments = Encoding.UTF8.GetBytes($"[{args}]"),
                InvocationId = $"invocation-{number}",
                StartMilliseconds = sketch.Now,
                Seed = sketch.Seed,
                SnapshotTimestamp = new Timestamp(42),
                MayPost = sketch.MayPost,
                Scope = scope ?? new FakeScope(),
            },
            cancellationToken ?? TestContext.Current.CancellationToken).AsTask();
    }

    /// <summary>Code of one module <c>m.js</c> whose exports begin with their kind: <c>export const queryFoo = query(…)</c>.</summary>
    internal static ComponentCode Code(string source, IReadOnlyDictionary<string, string>? environment = null) => Code(Bundle.Of(source), environment);

    internal static ComponentCode Code(ModuleSet modules, IReadOnlyDictionary<string, string>? environment = null)
    {
        var module = modules.Modules.Single(module => module.Path == "m.js");
        var functions = new Dictionary<FunctionPath, FunctionDefinition>();
        foreach (var name in Exports(module.Source))
        {
            var kind = name.StartsWith("query", StringComparison.Ordinal) ? FunctionKind.Query
                : name.StartsWith("mutation", StringComparison.Ordinal) ? FunctionKind.Mutation : FunctionKind.Action;
            var path = new FunctionPath("m", name);
            functions[path] = new FunctionDefinition(path, kind, FunctionVisibility.Public, module.Environment, Validator.Any, null);
        }

        environment ??= new Dictionary<string, string>();
        return new ComponentCode("", modules.Hash + string.Join(',', environment), modules, functions, environment);
    }

    /// <summary>The same of a module with <c>"use node"</c>.</summary>
    internal static ComponentCode NodeCode(string source, Dictionary<string, string>? environment = null) =>
        Code(Bundle.Of(Bundle.Module("m.js", "\"use node\";\nimport { query, mutation, action } from \"./_deps/LIB.js\";\n" + source, environment: ModuleEnvironment.Node)), environment);

    internal static byte[] Seed(int number)
    {
        var seed = new byte[32];
        BitConverter.TryWriteBytes(seed, number);
        return seed;
    }

    public async ValueTask DisposeAsync()
    {
        await Runner.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static IEnumerable<string> Exports(string source) =>
        System.Text.RegularExpressions.Regex.Matches(source, @"export const (\w+)").Select(match => match.Groups[1].Value);
}

/// <summary>What a test may set of an invocation.</summary>
internal sealed class InvocationSketch
{
    public double Now { get; set; }

    public byte[] Seed { get; set; } = [];

    public bool MayPost { get; set; }
}
