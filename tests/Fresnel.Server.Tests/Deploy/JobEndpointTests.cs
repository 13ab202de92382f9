using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.Deploy;

public sealed class JobEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_are_cancelled_one_by_one_by_function_and_all_and_their_table_is_emptied()
    {
        await using var server = await DeployServer.StartAsync();
        var ids = await ScheduleAsync(server, "m.js:a", "m.js:a", "m.js:b", "m.js:b", "m.js:c");
        Assert.Equal(200, (await server.PostAsync("/api/cancel_job", $$"""{"id":"{{ids[0]}}","componentId":null}""")).Status);
        Assert.Equal(["canceled", "pending", "pending", "pending", "pending"], await StatesAsync(server));
        Assert.Equal(200, (await server.PostAsync("/api/cancel_job", $$"""{"id":"{{ids[0]}}"}""")).Status);
        Assert.Equal(200, (await server.PostAsync("/api/cancel_all_jobs", """{"udfPath":"m:b"}""")).Status);
        Assert.Equal(["canceled", "pending", "canceled", "canceled", "pending"], await StatesAsync(server));
        Assert.Equal(200, (await server.PostAsync("/api/cancel_all_jobs", "{}")).Status);
        Assert.Equal(Enumerable.Repeat("canceled", 5), await StatesAsync(server));
        Assert.Equal(200, (await server.PostAsync("/api/delete_scheduled_functions_table", "{}")).Status);
        Assert.Empty(await StatesAsync(server));
    }

    [Theory]
    [InlineData("/api/cancel_job", "{}", 400, "InvalidArgument")]
    [InlineData("/api/cancel_job", """{"id":"nothing"}""", 400, "InvalidArgument")]
    [InlineData("/api/cancel_job", """{"id":7}""", 400, "InvalidConfig")]
    [InlineData("/api/cancel_all_jobs", """{"udfPath":"/"}""", 400, "InvalidArgument")]
    [InlineData("/api/cancel_all_jobs", """{"componentId":"nothing"}""", 400, "InvalidArgument")]
    public async Task What_names_no_job_is_refused(string path, string body, int status, string code)
    {
        await using var server = await DeployServer.StartAsync();
        Assert.Equal((status, code), (await server.PostAsync(path, body)).Error);
    }

    [Theory]
    [InlineData("/api/cancel_job")]
    [InlineData("/api/cancel_all_jobs")]
    [InlineData("/api/delete_scheduled_functions_table")]
    public async Task Only_an_admin_may_ask(string path)
    {
        await using var server = await DeployServer.StartAsync();
        Assert.Equal(403, (await server.PostAsync(path, "{}", "tests|0000")).Status);
    }

    private static async Task<string[]> ScheduleAsync(DeployServer server, params string[] functions)
    {
        var transaction = server.Deployment.Database.BeginWrite(TransactionLimits.None);
        var table = transaction.FindTable("", SystemTables.ScheduledFunctions.Name)!;
        var ids = new List<string>();
        foreach (var function in functions)
        {
            var job = ValueObject.Create(("name", function), ("args", Value.Array(ValueObject.Empty)), ("scheduledTime", Value.Float64(9e12 + ids.Count)), ("state", ValueObject.Create(("kind", "pending"))));
            ids.Add((await transaction.InsertAsync(table, job, Cancellation)).Id.ToString());
        }

        await (await server.Deployment.Database.SubmitAsync(transaction, Cancellation)).Published;
        return [.. ids];
    }

    private static async Task<List<string>> StatesAsync(DeployServer server)
    {
        using var transaction = server.Deployment.Database.BeginRead();
        var table = transaction.FindTable("", SystemTables.ScheduledFunctions.Name)!;
        var jobs = transaction.Read(table, table.ByCreationTime!, KeyInterval.All);
        var states = new List<string>();
        while (await jobs.NextAsync(Cancellation) is { } job) states.Add(job.Fields["state"].AsObject()["kind"].AsString());
        return states;
    }
}
