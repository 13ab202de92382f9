using Fresnel.Engine.Queries;
using Fresnel.Engine.Tables;
using Fresnel.Runtime.Pushes;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Pushes.TestPushes;

namespace Fresnel.Runtime.Tests.Pushes;

public sealed class SchemaPushTests
{
    [Fact]
    [Spec("data-model", 40)]
    [Spec("deploy-api", 17)]
    public async Task A_document_that_does_not_fit_fails_the_push_and_the_schema_before_stays()
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([], Schema("t", Field("x", "string"))));
        var id = await pushes.InsertAsync("t", ("x", "text"));

        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "number"))));
        var failed = Assert.IsType<SchemaStatus.Failed>(await pushes.WaitAsync(started));

        Assert.StartsWith($"Document with ID \"{id}\" in table \"t\" does not match the schema: Value does not match validator.\nPath: .x\nValue: \"text\"", failed.Error, StringComparison.Ordinal);
        Assert.Equal("t", failed.TableName);
        Assert.Equal("InvalidSchema", (await Assert.ThrowsAsync<DeveloperException>(() => pushes.FinishAsync(started))).Code);
        await pushes.InsertAsync("t", ("x", "still text"));
    }

    [Fact]
    [Spec("data-model", 41)]
    public async Task A_write_that_only_the_pending_schema_refuses_succeeds_and_fails_the_push()
    {
        await using var pushes = await OpenAsync();
        await pushes.InsertAsync("t", ("x", Value.Float64(1)));
        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "number"))));

        await pushes.InsertAsync("t", ("x", "text"));

        var failed = Assert.IsType<SchemaStatus.Failed>(await pushes.WaitAsync(started));
        Assert.Equal("New document in table \"t\" does not match the schema: Value does not match validator.\nPath: .x\nValue: \"text\"\nValidator: v.float64()", failed.Error);
        await pushes.PushAsync(Request([], Schema("t", "\"x\":{\"fieldType\":{\"type\":\"any\"},\"optional\":false}")));
    }

    [Fact]
    [Spec("data-model", 43)]
    public async Task A_new_index_is_readable_when_the_push_is_finished_and_complete_then()
    {
        await using var pushes = await OpenAsync();
        for (var i = 0; i < 50; i++) await pushes.InsertAsync("t", ("x", Value.Float64(i)));

        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "number"), "x")));
        Assert.IsType<SchemaStatus.Complete>(await pushes.WaitAsync(started));
        Assert.Empty(pushes.ReadableIndexes("t"));
        var diff = await pushes.FinishAsync(started);

        Assert.Equal(["x", "_creationTime"], Assert.Single(diff.ComponentDiffs[""].IndexDiff.Added).Fields);
        using var transaction = pushes.Database.BeginRead();
        var table = transaction.FindTable("", "t")!;
        var stream = transaction.Read(table, table.FindIndex("by_x")!, KeyInterval.All);
        for (var i = 0; i < 50; i++) Assert.Equal(i, (await stream.NextAsync(Token))!.Fields["x"].AsFloat64());
        Assert.Null(await stream.NextAsync(Token));
    }

    [Fact]
    public async Task A_table_of_the_schema_is_made_with_its_indexes_when_the_push_finishes()
    {
        await using var pushes = await OpenAsync();
        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "string"), "x")));
        using (var before = pushes.Database.BeginRead()) Assert.Null(before.FindTable("", "t"));

        await pushes.FinishAsync(started);

        Assert.Equal(["by_x"], pushes.ReadableIndexes("t"));
    }

    [Fact]
    public async Task An_index_that_changes_its_fields_serves_reads_until_the_push_finishes()
    {
        await using var pushes = await OpenAsync();
        var fields = Field("x", "string", true) + "," + Field("y", "string", true);
        await pushes.PushAsync(Request([], Schema("t", fields, "x")));
        await pushes.InsertAsync("t", ("y", "1"));

        var changed = Schema("t", fields, "x");
        changed = changed with { Source = changed.Source.Replace("\"fields\":[\"x\"]", "\"fields\":[\"y\"]", StringComparison.Ordinal) };
        var started = await pushes.StartAsync(Request([], changed));
        Assert.IsType<SchemaStatus.Complete>(await pushes.WaitAsync(started));
        Assert.Equal(["by_x"], pushes.ReadableIndexes("t"));
        await pushes.FinishAsync(started);

        using var transaction = pushes.Database.BeginRead();
        Assert.Equal("y", transaction.FindTable("", "t")!.FindIndex("by_x")!.Fields[0].ToString());
    }

    [Fact]
    [Spec("data-model", 44)]
    public async Task A_staged_index_does_not_hold_up_a_push_and_is_read_once_it_is_enabled()
    {
        await using var pushes = await OpenAsync();
        await pushes.InsertAsync("t", ("x", "1"));
        var enabled = Schema("t", Field("x", "string"), "x");
        var staged = enabled with { Source = enabled.Source.Replace("\"indexes\"", "\"indexes\":[],\"stagedDbIndexes\"", StringComparison.Ordinal) };

        await pushes.PushAsync(Request([], staged));
        Assert.Empty(pushes.ReadableIndexes("t"));
        using (var transaction = pushes.Database.BeginRead())
        {
            var query = QueryDefinition.Parse("""{"source":{"type":"IndexRange","indexName":"t.by_x","range":[],"order":null},"operators":[]}"""u8.ToArray());
            var refused = Assert.Throws<DeveloperException>(() => QueryStream.Open(transaction, "", query));
            Assert.Equal("IndexStagedError: Index t.by_x is currently staged and not available to query until it is enabled.", $"{refused.Code}: {refused.Message}");
        }

        var diff = await pushes.PushAsync(Request([], enabled));

        Assert.Equal(["t.by_x"], diff.ComponentDiffs[""].IndexDiff.Enabled.Select(index => index.Name));
        Assert.Equal(["by_x"], pushes.ReadableIndexes("t"));
        Assert.Equal(["t.by_x"], (await pushes.PushAsync(Request([], staged))).ComponentDiffs[""].IndexDiff.Disabled.Select(index => index.Name));
        Assert.Empty(pushes.ReadableIndexes("t"));
    }

    [Fact]
    [Spec("data-model", 46)]
    public async Task Without_a_schema_documents_stay_and_indexes_and_checks_go()
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([], Schema("t", Field("x", "string"), "x")));
        await pushes.InsertAsync("t", ("x", "1"));

        var diff = await pushes.PushAsync(Request([]));

        Assert.NotNull(diff.ComponentDiffs[""].SchemaDiff!.Previous);
        Assert.Null(diff.ComponentDiffs[""].SchemaDiff!.Next);
        Assert.Empty(pushes.ReadableIndexes("t"));
        Assert.Equal(1, await pushes.CountAsync("t"));
        await pushes.InsertAsync("t", ("z", "anything"));
    }

    [Fact]
    [Spec("deploy-api", 28)]
    public async Task Of_two_pushes_with_different_schemas_the_later_wins()
    {
        await using var pushes = await OpenAsync();
        var first = await pushes.StartAsync(Request([Module("a.js", "one")], Schema("t", Field("x", "string"))));
        var second = await pushes.StartAsync(Request([Module("b.js", "two")], Schema("t", Field("y", "string"))));

        Assert.IsType<SchemaStatus.RaceDetected>(await pushes.WaitAsync(first));
        Assert.Equal("RaceDetected", (await Assert.ThrowsAsync<DeveloperException>(() => pushes.FinishAsync(first))).Code);
        await pushes.FinishAsync(second);

        Assert.Equal("b:two", Assert.Single((await pushes.LoadAsync()).Functions.Keys).ToString());
    }

    [Fact]
    [Spec("deploy-api", 16)]
    public async Task A_poll_is_held_until_its_time_is_up_while_nothing_changes()
    {
        var time = new ManualTime();
        await using var pushes = await OpenAsync(time);
        await pushes.InsertAsync("t", ("x", "1"));
        var started = await pushes.StartAsync(Request([], Schema("t", Field("x", "string"))));
        Assert.IsType<SchemaStatus.Complete>(await pushes.WaitAsync(started));
        await pushes.MoveSchemaAsync(SchemaState.Pending);

        // Asked, the check runs anew, but what it finds out does not become durable.
        using (pushes.Store.Hold())
        {
            var poll = pushes.Room.WaitForSchemaAsync(new() { SchemaChange = started.SchemaChange, TimeoutMs = 10_000 }, Token);
            await pushes.Store.Held.WaitAsync(TimeSpan.FromSeconds(20), Token);
            Assert.False(poll.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.False(Assert.IsType<SchemaStatus.InProgress>(await poll).Components[""].SchemaValidationComplete);
        }

        Assert.IsType<SchemaStatus.Complete>(await pushes.WaitAsync(started));
    }

    [Fact]
    public async Task A_forecast_tells_what_must_be_looked_at_and_filled()
    {
        await using var pushes = await OpenAsync();
        await pushes.PushAsync(Request([], Schema("t", Field("x", "string"), "x")));
        await pushes.InsertAsync("t", ("x", "1"));
        var before = pushes.Database.Published.Timestamp;

        var forecast = await pushes.Room.EvaluateSchemaAsync(Request([], Schema("t", Field("x", "number") + "," + Field("y", "string"), "y")), Token);

        var component = forecast.ComponentSchemaEvaluations[""];
        Assert.Equal(("mustWalk", 1), (Assert.Single(component.Tables).Outcome, component.Tables[0].NumDocs));
        Assert.Equal([("t.by_y", "added", true), ("t.by_x", "dropped", false)], component.Indexes.Select(index => (index.Name, index.Change, index.NeedsBackfill)));
        Assert.Equal(before, pushes.Database.Published.Timestamp);
    }
}
