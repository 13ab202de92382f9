using Fresnel.Engine;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.SystemFunctions;

public sealed class JobFunctionTests
{
    [Theory]
    [InlineData("_system/frontend/paginatedScheduledJobs:default")]
    [InlineData("_system/frontend/scheduler:getArgs")]
    [InlineData("_system/frontend/listCronJobs:default")]
    [InlineData("_system/frontend/listCronJobRuns:default")]
    public async Task Only_an_admin_may_call_it(string path)
    {
        await using var deployment = await SystemDeployment.StartAsync();
        Assert.Contains(FresnelFunctions.All, function => $"{function.Module}:{function.Export}" == path);
        Assert.StartsWith("You do not have permission", (await deployment.RunAsync(path, Identity.Anonymous)).Outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pending_jobs_come_in_pages_the_soonest_first_and_their_arguments_by_themselves()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        foreach (var (name, due, state) in (IEnumerable<(string, double, string)>)[("m.js:late", 9e12, "pending"), ("m.js:soon", 8e12, "pending"), ("m.js:other", 8.5e12, "pending"), ("m.js:gone", 8e12, "canceled")])
        {
            await deployment.InsertAsync(
                SystemTables.ScheduledFunctions,
                ValueObject.Create(("name", name), ("args", Value.Array(ValueObject.Create(("of", name)))), ("scheduledTime", Value.Float64(due)), ("state", ValueObject.Create(("kind", state)))));
        }

        var first = await PageAsync(null, 2, null);
        Assert.Equal(["m.js:soon", "m.js:other"], Names(first));
        Assert.False(first["isDone"] == true);
        var second = await PageAsync(first["continueCursor"].AsString(), 2, null);
        Assert.Equal(["m.js:late"], Names(second));
        Assert.True(second["isDone"] == true);
        Assert.Equal(["m.js:other"], Names(await PageAsync(null, 10, "m:other")));

        var job = first["page"].AsArray()[0].AsObject();
        Assert.Equal(Value.Int64(8_000_000_000_000_000_000), job["nextTs"]);
        Assert.Equal(Value.Array(ValueObject.Create(("of", "m.js:soon"))), (await deployment.AskAsync("_system/frontend/scheduler:getArgs", ("argsId", job["argsId"]))).AsObject()["args"]);
        Assert.Equal(Value.Null, await deployment.AskAsync("_system/frontend/scheduler:getArgs", ("argsId", "nothing")));

        async Task<ValueObject> PageAsync(string? cursor, double count, string? path) => (await deployment.AskAsync(
            "_system/frontend/paginatedScheduledJobs",
            ("udfPath", path is null ? Value.Undefined : path),
            ("paginationOpts", ValueObject.Create(("cursor", cursor is null ? Value.Null : cursor), ("numItems", Value.Float64(count)))))).AsObject();

        static string[] Names(ValueObject page) => [.. page["page"].AsArray().ToArray().Select(found => found.AsObject()["udfPath"].AsString())];
    }

    [Fact]
    public async Task Crons_come_with_their_last_run_and_the_time_of_the_next()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        var spec = ValueObject.Create(("udfPath", "m.js:sweep"), ("udfArgs", Value.Bytes("[{}]"u8.ToArray())), ("cronSchedule", ValueObject.Create(("type", "interval"), ("seconds", Value.Float64(60)))));
        DocumentId id = default;
        await deployment.WriteAsync(async transaction =>
        {
            var cron = await transaction.InsertAsync(
                transaction.FindTable("", SystemTables.CronJobs.Name)!, ValueObject.Create(("component", ""), ("name", "sweep"), ("cronSpec", spec)), TestContext.Current.CancellationToken);
            id = cron.Id;
        });
        await deployment.InsertAsync(
            SystemTables.CronNextRun,
            ValueObject.Create(("cronJobId", id.ToString()), ("state", ValueObject.Create(("type", "pending"))), ("prevTs", Value.Int64(1)), ("nextTs", Value.Int64(long.MaxValue))));
        foreach (var time in (long[])[1, 2]) await deployment.InsertAsync(SystemTables.CronJobLogs, ValueObject.Create(("component", ""), ("name", "sweep"), ("ts", Value.Int64(time))));

        var listed = Assert.Single((await deployment.AskAsync("_system/frontend/listCronJobs", ("componentId", Value.Null))).AsArray().ToArray()).AsObject();
        Assert.Equal(("sweep", Value.Object(spec)), (listed["name"].AsString(), listed["cronSpec"]));
        Assert.Equal((Value.Int64(2), Value.Int64(long.MaxValue)), (listed["lastRun"].AsObject()["ts"], listed["nextRun"].AsObject()["nextTs"]));
        Assert.Equal([Value.Int64(2), Value.Int64(1)], (await deployment.AskAsync("_system/frontend/listCronJobRuns")).AsArray().ToArray().Select(run => run.AsObject()["ts"]));
    }
}
