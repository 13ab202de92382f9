using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Testing;
using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>What console methods write: <c>spec/function-runtime.md</c> §7.1.</summary>
public sealed class LogTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private static readonly ComponentCode Writer = Code("console.log('import'); export const queryLog = query((_, { statements }) => { new Function(statements)(); });");

    [Theory]
    [Spec("function-runtime", 48)]
    [InlineData("\"a\", 1, -0, 2n, true, null, undefined", "'a' 1 -0 2n true null undefined")]
    [InlineData("'it\\'s\\n\\x01'", @"'it\'s\n\x01'")]
    [InlineData("{}, [], [1, 'x'], [[1], [2]]", "{} [] [ 1, 'x' ] [ [ 1 ], [ 2 ] ]")]
    [InlineData("{ b: 2 }", "{\n  b: 2\n}")]
    [InlineData("{ a: { 'b-c': [{ d: 1 }] } }", "{\n  a: {\n    'b-c': [\n      {\n        d: 1\n      }\n    ]\n  }\n}")]
    [InlineData("new Map([['k', 1]]), new Set(['v']), new Map()", "Map (1) {\n  'k' => 1\n} Set (1) {\n  'v'\n} Map (0) {}")]
    [InlineData("new Error('boom'), new TypeError('no')", "[Error: boom] [TypeError: no]")]
    [InlineData("function named() {}, () => {}, Symbol('s'), /x/g", "[Function: named] [Function (anonymous)] Symbol(s) /x/g")]
    [InlineData("new (class Point { x = 1; })(), Object.create(null)", "Point {\n  x: 1\n} [Object: null prototype] {}")]
    [InlineData("(() => { const a = {}; a.self = a; return a; })()", "{\n  self: [Circular]\n}")]
    [InlineData("NaN, -Infinity, 1e21, 0.1 + 0.2, false, 12345678901234567890n", "NaN -Infinity 1e+21 0.30000000000000004 false 12345678901234567890n")]
    [InlineData("'a\"b', `c\\\\d`, 'tab\t', 'é☃', ''", "'a\"b' 'c\\\\d' 'tab\\t' 'é☃' ''")]
    [InlineData("[undefined, null, , 3], [,]", "[ undefined, null, , 3 ] [  ]")]
    [InlineData("[[], {}], [{ a: 1 }]", "[ [], {} ] [\n  {\n    a: 1\n  }\n]")]
    [InlineData("Object.assign([1], { more: 2 }), Object.assign([], { more: 2 })", "[ 1, more: 2 ] []")]
    [InlineData("{ $a: 1, _b: 2, 'c d': 3, 4: 5, [Symbol('s')]: 6 }", "{\n  4: 5,\n  $a: 1,\n  _b: 2,\n  'c d': 3,\n  [Symbol(s)]: 6\n}")]
    [InlineData("new Map([[{ a: [1, { b: 2 }] }, { c: 3 }]])", "Map (1) {\n  { a: [ 1, { b: 2 } ] } => {\n    c: 3\n  }\n}")]
    [InlineData("new Set(), new WeakMap(), new WeakSet()", "Set (0) {} WeakMap { ? } WeakSet { ? }")]
    [InlineData("new Date(0), new Date(NaN)", "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time) Invalid Date")]
    [InlineData("Object(1), Object('x'), Object(true), Object(5n)", "Object(1) Object('x') Object(true) Object(5n)")]
    [InlineData("Object.assign(new Error('boom'), { code: 7 }), new Error('outer', { cause: 'inner' })", "{ [Error: boom] code: 7 } { [Error: outer] [cause]: 'inner' }")]
    [InlineData("Object.assign(function f() {}, { a: 1 }), class Point {}, async () => {}", "[Function: f] { a: 1 } [Function: Point] [Function (anonymous)]")]
    [InlineData("(() => { function f() {} f.self = f; return f; })()", "[Function: f] { self: [Circular] }")]
    [InlineData("new Uint8Array([1, 2]), new ArrayBuffer(1)", "Uint8Array [Uint8Array] {\n  0: 1,\n  1: 2\n} ArrayBuffer [ArrayBuffer] {}")]
    [InlineData("Promise.resolve(1), new (class extends Map {})()", "Promise [Promise] {} Map (0) {}")]
    [InlineData("{ inspect() { return 'mine'; } }, globalThis", "mine { [object globalThis] }")]
    [InlineData("(() => { const a = { b: {} }; a.b.a = a; a.b.b = a.b; return [a]; })()", "[\n  {\n    b: {\n      a: [Circular],\n      b: [Circular]\n    }\n  }\n]")]
    [InlineData("{ a: { a: { a: { a: { a: { a: 1 } } } } } }", "{\n  a: {\n    a: {\n      a: {\n        a: {\n          a: [Object]\n        }\n      }\n    }\n  }\n}")]
    [InlineData("'%s is %d', 'x', 5", "'%s is %d' 'x' 5")]
    [InlineData("", "")]
    [InlineData("[[[[[[1]]]]]]", "[ [ [ [ [ [Array] ] ] ] ] ]")]
    public async Task Arguments_are_inspected(string arguments, string expected) => Assert.Equal("[LOG] " + expected, Assert.Single(await LinesOf($"console.log({arguments});")));

    [Fact]
    public async Task Each_method_has_its_level()
    {
        Assert.Equal(
            ["[DEBUG] 1", "[INFO] 2", "[LOG] 3", "[WARN] 4", "[ERROR] 5"],
            await LinesOf("console.debug(1); console.info(2); console.log(3); console.warn(4); console.error(5);"));
        Assert.Empty(await LinesOf("if ('table' in console) console.log('table');"));
    }

    [Fact]
    [Spec("function-runtime", 51)]
    public async Task Timers_write_real_time()
    {
        var lines = await LinesOf("console.time(); console.time(); console.timeLog('default', 'x'); console.timeEnd(); console.timeEnd('a');");
        Assert.Equal("[WARN] Timer 'default' already exists", lines[0]);
        Assert.Matches(@"^\[INFO\] default: \d+ms 'x'$", lines[1]);
        Assert.Matches(@"^\[INFO\] default: \d+ms$", lines[2]);
        Assert.Equal("[WARN] Timer 'a' does not exist", lines[3]);
    }

    [Fact]
    [Spec("function-runtime", 49)]
    public async Task The_256th_line_says_that_there_were_more()
    {
        var lines = await LinesOf("for (let at = 0; at < 300; at++) console.log(at);");
        Assert.Equal(256, lines.Count);
        Assert.Equal("[LOG] 254", lines[254]);
        Assert.Equal("[ERROR] Log overflow (maximum 256). Remaining log lines omitted.", lines[255]);
    }

    [Fact]
    public async Task A_long_line_is_cut_between_characters()
    {
        var line = Assert.Single(await LinesOf("console.log('é'.repeat(30_000));"));
        Assert.EndsWith("é (truncated due to length)", line, StringComparison.Ordinal);
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(line), 32_700, 32_900);
    }

    [Fact]
    public async Task What_is_logged_while_importing_is_dropped() => Assert.Empty(await LinesOf(""));

    private async Task<List<string>> LinesOf(string statements)
    {
        var scope = new FakeScope();
        await node.ValueOf(Writer, "queryLog", JsonSerializer.Serialize(new { statements }), scope);
        return [.. scope.Lines.Select(line => line.Pretty)];
    }
}
