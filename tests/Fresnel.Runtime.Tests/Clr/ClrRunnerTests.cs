using Fresnel.Runtime.Invocations;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Clr.ClrDeployment;

namespace Fresnel.Runtime.Tests.Clr;

public sealed class ClrRunnerTests
{
    [Fact]
    public async Task A_mutation_writes_and_a_query_reads_by_index()
    {
        await using var deployment = await StartAsync();
        foreach (var text in new[] { "one", "two", "three" }) ValueOf(await deployment.MutateAsync("notes:add", ("topic", "a"), ("text", text)));
        ValueOf(await deployment.MutateAsync("notes:add", ("topic", "b"), ("text", "other")));

        Assert.Equal(Value.Array("three", "two"), ValueOf(await deployment.QueryAsync("notes:list", ("topic", "a"), ("count", Value.Float64(2)))));
        Assert.Equal(Value.Array("other"), ValueOf(await deployment.QueryAsync("notes:list", ("topic", "b"))));
        Assert.Equal(Value.Float64(4), ValueOf(await deployment.QueryAsync("notes:count")));
    }

    [Fact]
    public async Task A_document_is_found_by_its_id_and_an_id_of_nothing_finds_nothing()
    {
        await using var deployment = await StartAsync();
        var id = ValueOf(await deployment.MutateAsync("notes:add", ("topic", "a"), ("text", "one")));

        Assert.Equal("one", ValueOf(await deployment.QueryAsync("notes:find", ("id", id))));
        var garbage = await deployment.QueryAsync("notes:find", ("id", "garbage"));
        Assert.StartsWith("Uncaught Error: Invalid argument `id` for `db.get`: Unable to decode ID", garbage.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mutation_sees_what_it_patched_replaced_and_deleted()
    {
        await using var deployment = await StartAsync();
        var id = ValueOf(await deployment.MutateAsync("notes:add", ("topic", "a"), ("text", "one")));

        Assert.Equal(Value.Array("patched", true, "replaced", true), ValueOf(await deployment.MutateAsync("notes:edit", ("id", id))));
        Assert.Equal(Value.Float64(0), ValueOf(await deployment.QueryAsync("notes:count")));
    }

    [Fact]
    public async Task Arguments_that_do_not_fit_are_refused_with_the_text_of_the_validator()
    {
        await using var deployment = await StartAsync();

        var outcome = await deployment.QueryAsync("notes:list", ("topic", Value.Float64(1)));

        Assert.StartsWith("ArgumentValidationError: Value does not match validator.\nPath: .topic\nValue: 1.0\nValidator: v.string()", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_documents_where_one_was_expected_are_named()
    {
        await using var deployment = await StartAsync();
        Assert.Equal("none", ValueOf(await deployment.QueryAsync("notes:only", ("topic", "a"))));
        var first = ValueOf(await deployment.MutateAsync("notes:add", ("topic", "a"), ("text", "one")));
        Assert.Equal("one", ValueOf(await deployment.QueryAsync("notes:only", ("topic", "a"))));
        var second = ValueOf(await deployment.MutateAsync("notes:add", ("topic", "a"), ("text", "two")));

        var outcome = await deployment.QueryAsync("notes:only", ("topic", "a"));

        Assert.Equal($"Uncaught Error: unique() query returned more than one result from table notes:\n [{first.AsString()}, {second.AsString()}, ...]", outcome.Error!.Message);
    }

    [Fact]
    public async Task A_range_that_the_index_does_not_have_is_refused_with_the_text_of_the_engine()
    {
        await using var deployment = await StartAsync();

        var outcome = await deployment.QueryAsync("notes:range", ("field", "color"));

        Assert.StartsWith("Uncaught Error: The index range included a comparison with \"color\", but notes.by_topic", outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact, Spec("function-runtime", 29)]
    public async Task What_a_nested_mutation_wrote_is_undone_when_it_fails_and_its_caller_goes_on()
    {
        await using var deployment = await StartAsync();

        var caught = ValueOf(await deployment.MutateAsync("notes:addBoth")).AsString();

        Assert.StartsWith("Uncaught InvalidOperationException: inner failed", caught, StringComparison.Ordinal);
        Assert.Equal(Value.Array("kept"), ValueOf(await deployment.QueryAsync("notes:list", ("topic", "outer"))));
        Assert.Equal(Value.Array(), ValueOf(await deployment.QueryAsync("notes:list", ("topic", "inner"))));
        Assert.Equal(Value.Array(), ValueOf(await deployment.QueryAsync("notes:jobs")));
    }

    [Fact]
    public async Task A_scheduled_function_is_a_job_that_functions_see()
    {
        await using var deployment = await StartAsync();

        var job = ValueOf(await deployment.MutateAsync("notes:later")).AsString();

        Assert.StartsWith("kc2", job, StringComparison.Ordinal);
        Assert.Equal(Value.Array("notes.js:add", "notes.js:add"), ValueOf(await deployment.QueryAsync("notes:jobs")));
    }

    [Fact]
    public async Task A_system_table_is_no_table_of_the_author()
    {
        await using var deployment = await StartAsync();

        var outcome = await deployment.QueryAsync("notes:readPrivate");

        Assert.Equal("Uncaught Error: System tables can only be accessed with db.system.", outcome.Error!.Message);
    }

    [Fact]
    public async Task An_action_runs_queries_mutations_and_actions()
    {
        await using var deployment = await StartAsync();

        Assert.Equal("relayed", ValueOf(await deployment.ActAsync("notes:relay", ("topic", "a"))));
        Assert.Equal(Value.Array("relayed"), ValueOf(await deployment.QueryAsync("notes:list", ("topic", "a"))));
    }

    [Fact]
    public async Task An_internal_function_is_out_of_reach_from_outside()
    {
        await using var deployment = await StartAsync();

        var outcome = await deployment.MutateAsync("notes:addAndFail");

        Assert.Equal("Could not find public function for 'notes:addAndFail'.", outcome.Error!.Message);
    }

    [Fact]
    public async Task Log_lines_come_with_the_outcome()
    {
        await using var deployment = await StartAsync();

        var outcome = await deployment.QueryAsync("notes:who");

        Assert.Equal(["[INFO] asked", "[WARN] twice"], outcome.LogLines.Select(line => line.Pretty));
    }

    [Fact]
    public async Task Looking_at_the_identity_makes_the_result_that_users_own()
    {
        await using var deployment = await StartAsync();
        var ada = new UserIdentity(ValueObject.Create(("subject", "ada")));

        var who = await deployment.RunQueryAsync("notes:who", ada);
        var count = await deployment.RunQueryAsync("notes:count", ada);

        Assert.Equal("ada", ValueOf(who.Outcome));
        Assert.True(who.ObservedIdentity);
        Assert.False(count.ObservedIdentity);
    }
}
