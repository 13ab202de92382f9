using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Pushes;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.Pushes.TestPushes;

namespace Fresnel.Runtime.Tests.Pushes;

public sealed class CronPushTests
{
    private const string EveryHour = """{"type":"interval","seconds":3600}""";

    [Fact, Spec("deploy-api", 13)]
    public async Task Crons_come_change_and_go_with_the_push_and_an_unchanged_push_changes_nothing()
    {
        await using var pushes = await OpenAsync();
        var module = Module("m.js", "sweep!", "list");
        Assert.Equal("a b, , ", Told(await pushes.PushAsync(Request([module, Crons(("b", "m.js:sweep", """[{"n":1}]""", EveryHour), ("a", "m.js:sweep", """[{"n":1}]""", EveryHour))]))));
        var before = await NextRunsAsync();
        Assert.Equal(", , ", Told(await pushes.PushAsync(Request([module, Crons(("b", "m.js:sweep", """[{"n":1}]""", EveryHour), ("a", "m.js:sweep", """[{"n":1}]""", EveryHour))]))));
        Assert.Equal(before, await NextRunsAsync());
        Assert.Equal("c, a, b", Told(await pushes.PushAsync(Request([module, Crons(("a", "m.js:sweep", """[{"n":2}]""", EveryHour), ("c", "m.js:sweep", """[{"n":1}]""", EveryHour))]))));
        Assert.Equal(", , a c", Told(await pushes.PushAsync(Request([module]))));
        Assert.Empty(await NextRunsAsync());

        async Task<string[]> NextRunsAsync() => await pushes.Database.ReadAsync(async transaction =>
            (await transaction.ListAsync(SystemTables.CronNextRun, "by_cron_job", [], Token)).Select(run => Encoding.UTF8.GetString(run.Json.Span)).ToArray());
    }

    [Theory]
    [InlineData("gone.js:run", """[{"n":1}]""", EveryHour, "The cron \"x\" is invalid: there is no function gone.js:run. Did you forget to export it?")]
    [InlineData("m.js:gone", """[{"n":1}]""", EveryHour, "there is no function m.js:gone")]
    [InlineData("m.js:list", """[{}]""", EveryHour, "m.js:list is a query, and a cron runs a mutation or an action.")]
    [InlineData("m.js:sweep", """[{"n":"1"}]""", EveryHour, "its arguments do not fit m.js:sweep. ArgumentValidationError: ")]
    [InlineData("m.js:sweep", """[]""", EveryHour, "its arguments do not fit m.js:sweep. ArgumentValidationError: ")]
    [InlineData("m.js:sweep", """[{"n":1}]""", """{"type":"cron","cronExpr":"0 0 30 2 *"}""", "the cron expression \"0 0 30 2 *\" never matches")]
    [InlineData("m.js:sweep", """[{"n":1}]""", """{"type":"cron","cronExpr":"61 * * * *"}""", "\"61\" is no minute: it must be a number from 0 to 59")]
    public async Task A_cron_that_cannot_run_is_refused_with_its_reason(string function, string arguments, string schedule, string reason)
    {
        await using var pushes = await OpenAsync();
        var error = await Assert.ThrowsAsync<DeveloperException>(() => pushes.StartAsync(Request([Module("m.js", "sweep!", "list"), Crons(("x", function, arguments, schedule))])));
        Assert.Equal("InvalidCron", error.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"functions":[],"httpRoutes":null,"cronSpecs":[{"identifier":"x"}],"sourceMapped":null}""", "InvalidModules")]
    [InlineData("""{"functions":[],"httpRoutes":null,"cronSpecs":[{"identifier":"x","spec":{"udfPath":"m","udfArgs":[],"cronSchedule":{"type":"interval","seconds":1}}}],"sourceMapped":null}""", "InvalidModules")]
    [InlineData("""{"functions":[],"httpRoutes":null,"cronSpecs":[{"identifier":"x","spec":{"udfPath":"m.js:a","udfArgs":[300],"cronSchedule":{"type":"interval","seconds":1}}}],"sourceMapped":null}""", "InvalidModules")]
    [InlineData("""{"functions":[],"httpRoutes":null,"cronSpecs":[{"identifier":"x","spec":{"udfPath":"m.js:a","udfArgs":[91,93],"cronSchedule":7}}],"sourceMapped":null}""", "InvalidModules")]
    [InlineData("""{"functions":[],"httpRoutes":null,"cronSpecs":[{"identifier":"x","spec":{"udfPath":"m.js:a","udfArgs":[91,93],"cronSchedule":{"type":"interval","seconds":-1}}}],"sourceMapped":null}""", "InvalidCron")]
    public async Task What_was_changed_on_its_way_to_the_finish_is_refused_and_changes_nothing(string analysis, string code)
    {
        await using var pushes = await OpenAsync();
        var started = await pushes.StartAsync(Request([Module("m.js", "sweep!"), Crons(("x", "m.js:sweep", """[{"n":1}]""", EveryHour))]));
        var changed = new Dictionary<string, JsonElement>(started.Analysis[""].Functions) { ["crons.js"] = PushJson.Element(analysis) };
        var finish = pushes.FinishAsync(started with { Analysis = new Dictionary<string, EvaluatedDefinition> { [""] = started.Analysis[""] with { Functions = changed } } });
        Assert.Equal(code, (await Assert.ThrowsAsync<DeveloperException>(() => finish)).Code);
        Assert.DoesNotContain((await pushes.LoadAsync()).Functions.Keys, path => path.Module == "m");
    }

    private static PushedModule Crons(params (string Name, string Function, string Arguments, string Schedule)[] crons)
    {
        var specs = crons.Select(cron =>
            $"{{\"identifier\":\"{cron.Name}\",\"spec\":{{\"udfPath\":\"{cron.Function}\",\"udfArgs\":[{string.Join(',', Encoding.UTF8.GetBytes(cron.Arguments))}],\"cronSchedule\":{cron.Schedule}}}}}");
        return new("crons.js", $"[{string.Join(',', specs)}]", "isolate");
    }

    private static string Told(PushDiff diff) =>
        string.Join(", ", ((IReadOnlyList<string>[])[diff.ComponentDiffs[""].CronDiff.Added, diff.ComponentDiffs[""].CronDiff.Updated, diff.ComponentDiffs[""].CronDiff.Deleted]).Select(names => string.Join(' ', names)));
}
