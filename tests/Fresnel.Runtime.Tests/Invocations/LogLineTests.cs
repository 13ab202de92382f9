using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

public sealed class LogLineTests
{
    [Fact, Spec("function-runtime", 49)]
    public async Task The_last_of_too_many_lines_says_so()
    {
        await using var test = await StartAsync(new FakeFunctions().Query("test:run", call =>
        {
            for (var i = 0; i < 300; i++) call.Log($"{i}");
            return Task.FromResult("null");
        }));
        var lines = (await test.QueryAsync("test:run")).LogLines;
        Assert.Equal(256, lines.Count);
        Assert.Equal("[LOG] '254'", lines[254].Pretty);
        Assert.Equal("[ERROR] Log overflow (maximum 256). Remaining log lines omitted.", lines[255].Pretty);
    }

    [Fact, Spec("function-runtime", 50)]
    public async Task Lines_of_nested_calls_stand_where_the_call_was()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Query("inner:get", call =>
            {
                call.Log("inner");
                return Task.FromResult("null");
            })
            .Query("inner:fail", call =>
            {
                call.Log("failing");
                throw new DeveloperException("Test", "boom");
            })
            .Query("outer:run", async call =>
            {
                call.Log("before");
                await call.Run("query", "inner:get");
                await Assert.ThrowsAsync<DeveloperException>(() => call.Run("query", "inner:fail"));
                call.Log("after");
                throw new DeveloperException("Test", "outer");
            }));
        var lines = (await test.QueryAsync("outer:run")).LogLines;
        Assert.Equal(
            [("[LOG] 'before'", null), ("[LOG] 'inner'", "inner:get"), ("[LOG] 'failing'", "inner:fail"), ("[LOG] 'after'", null)],
            lines.Select(line => (line.Pretty, line.FunctionPath)));
    }

    [Fact]
    public async Task Coming_near_a_limit_is_told_to_the_author_when_all_went_well()
    {
        await using var test = await StartAsync(new FakeFunctions()
            .Mutation("test:many", async call =>
            {
                for (var i = 0; i < 800; i++) await call.Schedule("test:many", call.Invocation.StartMilliseconds + 1e9);
                return "null";
            })
            .Mutation("test:few", async call =>
            {
                await call.Schedule("test:many", call.Invocation.StartMilliseconds + 1e9);
                return "null";
            }));
        var line = Assert.Single((await test.MutateAsync("test:many")).LogLines);
        Assert.Equal("[WARN] Many functions scheduled by this mutation (actual: 800, limit: 1000).", line.Pretty);
        Assert.NotNull(line.SystemCode);
        Assert.Empty((await test.MutateAsync("test:few")).LogLines);
    }

    [Fact]
    public void A_long_line_is_cut_on_a_character()
    {
        var buffer = new FunctionLogBuffer(new FunctionLimits());
        buffer.Add(new LogLine("LOG", [new string('é', 20_000)], false, 0));
        var line = Assert.Single(buffer.ToList());
        Assert.True(line.IsTruncated);
        Assert.Equal(16_384, Assert.Single(line.Messages).Length);
        Assert.EndsWith("é (truncated due to length)", line.Pretty, StringComparison.Ordinal);
    }
}
