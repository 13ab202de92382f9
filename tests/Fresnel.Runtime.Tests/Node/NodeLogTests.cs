using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>What console methods write in <c>"use node"</c> actions: <c>spec/function-runtime.md</c> §7.1. Values look as Node shows them.</summary>
public sealed class NodeLogTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private static readonly ComponentCode Writer = NodeCode("console.log('import'); export const actionLog = action(async (_, { statements }) => { await new Function('return (async () => {' + statements + '})()')(); });");

    [Theory]
    [Spec("function-runtime", 48)]
    [InlineData("\"a\", 1, -0, 2n, true, null, undefined", "'a' 1 -0 2n true null undefined")]
    [InlineData("\"it's\", 'a\\nb', ''", "\"it's\" 'a\\nb' ''")]
    [InlineData("{ b: 2 }, [1, 'x'], {}, []", "{ b: 2 } [ 1, 'x' ] {} []")]
    [InlineData("{ a: { b: { c: { d: 1 } } } }", "{ a: { b: { c: [Object] } } }")]
    [InlineData("new Map([['k', 1]]), new Set(['v'])", "Map(1) { 'k' => 1 } Set(1) { 'v' }")]
    [InlineData("(() => { const a = {}; a.self = a; return a; })()", "<ref *1> { self: [Circular *1] }")]
    [InlineData("Buffer.from('hi'), new Uint8Array([1]), Symbol('s')", "<Buffer 68 69> Uint8Array(1) [ 1 ] Symbol(s)")]
    [InlineData("{ [Symbol.for('nodejs.util.inspect.custom')]: () => 'mine' }", "mine")]
    [InlineData("'%s is %d', 'x', 5", "'%s is %d' 'x' 5")]
    public async Task Arguments_are_inspected(string arguments, string expected) => Assert.Equal("[LOG] " + expected, Assert.Single(await LinesOf($"console.log({arguments});")));

    [Fact]
    public async Task Each_argument_is_a_message_of_its_own()
    {
        var scope = new FakeScope();
        await node.ValueOf(Writer, "actionLog", """{"statements":"console.log('a', 1, { b: 2 })"}""", scope);
        Assert.Equal(["'a'", "1", "{ b: 2 }"], Assert.Single(scope.Lines).Messages);
    }

    [Fact]
    public async Task Each_method_has_its_level_and_timers_write_real_time()
    {
        var lines = await LinesOf("console.debug(1); console.info(2); console.log(3); console.warn(4); console.error(5); console.time(); console.time(); console.timeEnd(); console.timeEnd('a');");
        Assert.Equal(["[DEBUG] 1", "[INFO] 2", "[LOG] 3", "[WARN] 4", "[ERROR] 5", "[WARN] Timer 'default' already exists"], lines[..6]);
        Assert.Matches(@"^\[INFO\] default: \d+ms$", lines[6]);
        Assert.Equal(["[WARN] Timer 'a' does not exist"], lines[7..]);
    }

    [Fact, Spec("function-runtime", 49)]
    public async Task The_256th_line_says_that_there_were_more()
    {
        var lines = await LinesOf("for (let at = 0; at < 300; at++) console.log(at);");
        Assert.Equal((256, "[LOG] 254"), (lines.Count, lines[254]));
        Assert.Equal("[ERROR] Log overflow (maximum 256). Remaining log lines omitted.", lines[255]);
    }

    [Fact]
    public async Task So_does_the_line_with_which_there_are_more_than_a_mebi_of_characters()
    {
        // With its quotes a line has 32,768 characters, and 32 of them are a mebi.
        var lines = await LinesOf("for (let at = 0; at < 40; at++) console.log('x'.repeat(32_766));");
        Assert.Equal(33, lines.Count);
        Assert.All(lines[..32], line => Assert.StartsWith("[LOG] 'xxx", line, StringComparison.Ordinal));
        Assert.Equal("[ERROR] Log overflow (maximum 1M characters). Remaining log lines omitted.", lines[32]);
    }

    private async Task<List<string>> LinesOf(string statements)
    {
        var scope = new FakeScope();
        await node.ValueOf(Writer, "actionLog", JsonSerializer.Serialize(new { statements }), scope);
        return [.. scope.Lines.Select(line => line.Pretty)];
    }
}
