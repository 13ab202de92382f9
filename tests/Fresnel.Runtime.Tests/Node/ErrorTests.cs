using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>What people read when a function throws: <c>spec/function-runtime.md</c> §1.5 and 7.4.</summary>
public sealed class ErrorTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private static readonly ComponentCode Thrower = Code("export const queryThrow = query((_, { statement }) => { new Function(statement)(); });");

    [Theory]
    [Spec("function-runtime", 8, 11)]
    [InlineData("throw new Error('x')", "Uncaught Error: x")]
    [InlineData("throw new TypeError('x')", "Uncaught TypeError: x")]
    [InlineData("throw new Error()", "Uncaught Error")]
    [InlineData("throw Object.assign(new Error('x'), { name: '' })", "Uncaught x")]
    [InlineData("throw 'oops'", "Uncaught oops")]
    [InlineData("throw undefined", "Uncaught undefined")]
    [InlineData("throw { toString() { throw 1; } }", "Uncaught Error: the value that was thrown cannot be shown")]
    [InlineData("null.x", "Uncaught TypeError: Cannot read properties of null (reading 'x')")]
    public async Task The_first_line_names_what_was_thrown(string statement, string expected) =>
        Assert.Equal(expected, (await node.ErrorOf(Thrower, "queryThrow", JsonSerializer.Serialize(new { statement }))).Message);

    [Fact]
    [Spec("function-runtime", 9)]
    public async Task A_convex_error_keeps_its_data()
    {
        var error = await node.ErrorOf(Code("export const queryThrow = query(() => { throw new ConvexError({ code: 7, b: 1n === 1n }); });"), "queryThrow");
        Assert.Equal("""Uncaught ConvexError: {"code":7,"b":true}""", error.Message);
        Assert.Equal("""{"b":true,"code":7}""", Encoding.UTF8.GetString(error.Data!.Value.Span));
    }

    [Fact]
    public async Task Data_that_is_no_value_is_dropped_and_told()
    {
        var error = await node.ErrorOf(Code("export const queryThrow = query(() => { throw new ConvexError({ $bad: 1 }); });"), "queryThrow");
        Assert.StartsWith("ConvexError with invalid data: ", error.Message, StringComparison.Ordinal);
        Assert.Null(error.Data);
    }

    [Fact]
    [Spec("function-runtime", 8)]
    public async Task Frames_name_the_sources()
    {
        var code = Mapped("""
            import { query } from "./_deps/LIB.js";
            function helper(n) {
              throw new Error(`helper ${n}`);
            }
            export const queryFrames = query(async function handler(context, { n }) {
              await context.call("echo", {});
              return helper(n);
            });
            """);
        var error = await node.ErrorOf(code, "queryFrames", """{"n":3}""");
        Assert.Equal("Uncaught Error: helper 3", error.Message);
        // The map moves every line down by ten.
        Assert.Collection(
            error.Frames,
            frame => Assert.Matches(@"^at helper \(\.\./convex/m\.ts:13:\d+\)$", frame),
            frame => Assert.Matches(@"^at async handler \(\.\./convex/m\.ts:17:\d+\)$|^at handler \(\.\./convex/m\.ts:17:\d+\)$", frame));
        Assert.StartsWith("Uncaught Error: helper 3\n    at helper (../convex/m.ts:13:", error.FullText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stack_that_code_sees_is_mapped_too()
    {
        var code = Mapped("""
            import { query } from "./_deps/LIB.js";
            export const queryStack = query(function handler() { return new Error("x").stack; });
            """);
        Assert.Matches("^\"Error: x\\\\n    at handler \\(\\.\\./convex/m\\.ts:12:\\d+\\)\"$", await node.ValueOf(code, "queryStack"));
    }

    [Fact]
    public async Task Without_a_source_map_there_are_no_frames() =>
        Assert.Empty((await node.ErrorOf(Code("export const queryThrow = query(() => { throw new Error('x'); });"), "queryThrow")).Frames);

    [Fact]
    public async Task A_long_message_is_cut()
    {
        var error = await node.ErrorOf(Code("export const queryThrow = query(() => { throw new Error('é'.repeat(100_000)); });"), "queryThrow");
        Assert.InRange(Encoding.UTF8.GetByteCount(error.Message), 65_530, 65_536);
    }

    [Fact]
    [Spec("function-runtime", 46)]
    public async Task A_promise_that_nothing_can_settle_is_told() =>
        Assert.Equal(
            "Returned promise will never resolve",
            (await node.ErrorOf(Code("export const queryNever = query(() => new Promise(() => {}));"), "queryNever")).Message);

    [Fact]
    public async Task A_rejection_that_nobody_handles_fails_its_invocation_and_no_other()
    {
        var code = Code("""
            export const queryReject = query(() => { Promise.reject(new Error("dangling")); return 1; });
            export const queryCalm = query((context) => context.call("echo", 2));
            """);
        var release = new TaskCompletionSource();
        var calm = node.ValueOf(code, "queryCalm", scope: new FakeScope { Answer = async (_, text, _) => { await release.Task; return text; } });
        Assert.Equal("Uncaught Error: dangling", (await node.ErrorOf(code, "queryReject")).Message);
        release.SetResult();
        Assert.Equal("2", await calm);
    }

    [Fact]
    public async Task A_function_that_is_not_there_is_told_without_frames()
    {
        var code = Code("export const queryThere = query(() => 1); /* export const queryGone */ export const queryPlain = () => 1;");
        Assert.Equal("Couldn't find \"queryGone\" in module \"m.js\".\n", (await node.ErrorOf(code, "queryGone")).FullText);
        Assert.Equal(
            "Function m.js:queryPlain is neither a query or mutation. Did you forget to wrap it with `query` or `mutation`?\n",
            (await node.ErrorOf(code, "queryPlain")).FullText);
    }

    [Fact]
    public async Task An_import_that_throws_fails_the_invocation() =>
        Assert.Equal("Uncaught Error: top", (await node.ErrorOf(Code("throw new Error('top'); export const queryTop = query(() => 1);"), "queryTop")).Message);

    /// <summary>A module whose source map says that each line stands ten lines further down in <c>../convex/m.ts</c>.</summary>
    private static ComponentCode Mapped(string source)
    {
        var lines = source.Split('\n').Length;
        // "AAUA": column 0, source 0, line +10, column 0. Then one line further each.
        var mappings = "AAUA;" + string.Join(';', Enumerable.Repeat("AACA", lines - 1));
        return Code(Bundle.Of(Bundle.Module("m.js", source, $$"""{"version":3,"sources":["../convex/m.ts"],"names":[],"mappings":"{{mappings}}"}""")));
    }
}
