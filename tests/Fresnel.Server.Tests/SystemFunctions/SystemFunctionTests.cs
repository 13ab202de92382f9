using System.Text;
using Fresnel.Engine.Transactions;
using Fresnel.Engine.Watches;
using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Environment;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.SystemFunctions;

public sealed class SystemFunctionTests
{
    [Theory]
    [InlineData("_system/cli/queryEnvironmentVariables:default")]
    [InlineData("_system/cli/queryEnvironmentVariables:get")]
    [InlineData("_system/cli/tables:default")]
    [InlineData("_system/cli/tableData:default")]
    [InlineData("_system/cli/tableSize:default")]
    [InlineData("_system/cli/queryTable:default")]
    [InlineData("_system/cli/modules:apiSpec")]
    [InlineData("_system/cli/convexUrl:cloudUrl")]
    [InlineData("_system/frontend/getSchemas:default")]
    [InlineData("_system/frontend/components:list")]
    [InlineData("_system/frontend/deploymentState:deploymentState")]
    [InlineData("_system/frontend/getVersion:default")]
    public async Task Only_an_admin_may_call_it(string path)
    {
        await using var deployment = await SystemDeployment.StartAsync();

        Assert.Contains(FresnelFunctions.All, function => $"{function.Module}:{function.Export}" == path);
        var outcome = await deployment.RunAsync(path, Identity.Anonymous);
        Assert.StartsWith("You do not have permission to perform this operation", outcome.Outcome.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_one_is_a_query_error_at_once()
    {
        await using var deployment = await SystemDeployment.StartAsync();

        var outcome = await deployment.RunAsync("_system/cli/queryImport", Identity.Admin);

        Assert.Equal("Could not find public function for '_system/cli/queryImport'.", outcome.Outcome.Error!.Message);
    }

    [Fact]
    public async Task Environment_variables_come_by_name()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.Deployment.Environment.ChangeAsync([new EnvironmentChange("ZULU", "z"), new EnvironmentChange("ALPHA", "a")], TestContext.Current.CancellationToken);

        var variables = (await deployment.AskAsync("_system/cli/queryEnvironmentVariables")).AsArray().ToArray();

        Assert.Equal(["ALPHA", "ZULU"], variables.Select(variable => variable.AsObject()["name"].AsString()));
        Assert.All(variables, variable => Assert.Equal(["_creationTime", "_id", "name", "value"], variable.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal)));
        Assert.Equal(
            ValueObject.Create(("name", "ZULU"), ("value", "z")), await deployment.AskAsync("_system/cli/queryEnvironmentVariables:get", ("name", "ZULU")));
        Assert.Equal(Value.Null, await deployment.AskAsync("_system/cli/queryEnvironmentVariables:get", ("name", "ZUL")));
    }

    [Fact]
    public async Task The_list_of_variables_is_live()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        var database = deployment.Deployment.Database;
        var query = await deployment.RunAsync("_system/cli/queryEnvironmentVariables", Identity.Admin);
        using var watch = database.Watch(query.Reads, query.Snapshot.Timestamp, null);
        var heard = new StaleWatches();
        using var subscription = database.Subscribe(heard);

        await deployment.Deployment.Environment.ChangeAsync([new EnvironmentChange("FOO", "bar")], TestContext.Current.CancellationToken);

        Assert.Same(watch, await heard.First.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_user_tables_are_listed_empty_ones_too()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync("messages", ValueObject.Create(("text", "a")));
        await deployment.InsertAsync("channels");

        var page = (await deployment.AskAsync("_system/cli/tables", ("paginationOpts", FirstPage(10_000)))).AsObject();

        Assert.Equal(["messages", "channels"], page["page"].AsArray().ToArray().Select(table => table.AsObject()["name"].AsString()));
        Assert.True(page["isDone"].AsBoolean());
        Assert.Equal(ValueKind.String, page["continueCursor"].Kind);
    }

    [Theory]
    [InlineData("asc", "a,b|c,d|e")]
    [InlineData("desc", "e,d|c,b|a")]
    public async Task The_documents_of_a_table_come_page_by_page(string order, string expected)
    {
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync("messages", [.. "abcde".Select(letter => ValueObject.Create(("text", letter.ToString())))]);

        var pages = new List<string>();
        Value cursor = Value.Null;
        while (true)
        {
            var page = (await deployment.AskAsync(
                "_system/cli/tableData", ("table", "messages"), ("order", order), ("paginationOpts", ValueObject.Create(("cursor", cursor), ("numItems", Value.Float64(2)))))).AsObject();
            pages.Add(string.Join(',', page["page"].AsArray().ToArray().Select(message => message.AsObject()["text"].AsString())));
            cursor = page["continueCursor"];
            if (page["isDone"].AsBoolean()) break;
        }

        Assert.Equal(expected, string.Join('|', pages));
        var after = (await deployment.AskAsync(
            "_system/cli/tableData", ("table", "messages"), ("order", order), ("paginationOpts", ValueObject.Create(("cursor", cursor), ("numItems", Value.Float64(2)))))).AsObject();
        Assert.Empty(after["page"].AsArray().ToArray());
    }

    [Fact]
    public async Task A_page_that_is_filled_exactly_is_not_the_last_one()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync("messages", ValueObject.Empty, ValueObject.Empty);

        var page = (await deployment.AskAsync("_system/cli/tableData", ("table", "messages"), ("order", "asc"), ("paginationOpts", FirstPage(2)))).AsObject();

        Assert.False(page["isDone"].AsBoolean());
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("_settings")]
    [InlineData("_storage")]
    public async Task A_table_that_is_not_there_or_private_or_empty_has_no_documents(string table)
    {
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync(SystemTables.Settings, ValueObject.Create(("name", "a"), ("value", "secret")));

        var page = (await deployment.AskAsync("_system/cli/tableData", ("table", table), ("order", "asc"), ("paginationOpts", FirstPage(5)))).AsObject();

        Assert.Equal(ValueObject.Create(("page", Value.Array()), ("isDone", true), ("continueCursor", "end")), (Value)page);
    }

    [Theory]
    [InlineData("\"%%%\"", 1, "InvalidCursor: Failed to parse cursor")]
    [InlineData("\"AAAAAQAB\"", 1, "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.")]
    [InlineData("null", 0, "Must request at least 1 document while paginating")]
    [InlineData("null", 40_000, "Requested too many items: 40000")]
    public async Task A_page_that_cannot_be_is_refused(string cursor, double count, string text)
    {
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync("messages", ValueObject.Empty);
        var options = ValueObject.Create(("cursor", ValueJson.Parse(Encoding.UTF8.GetBytes(cursor))), ("numItems", Value.Float64(count)));

        var outcome = await deployment.RunAsync("_system/cli/tableData", Identity.Admin, ("table", "messages"), ("order", "asc"), ("paginationOpts", options));

        Assert.Equal($"Uncaught Error: {text}", outcome.Outcome.Error!.Message);
    }

    [Fact]
    public async Task The_fingerprint_of_a_table_changes_with_it_and_only_with_it()
    {
        await using var deployment = await SystemDeployment.StartAsync();
        var none = await deployment.AskAsync("_system/cli/queryTable", ("tableName", "messages"));
        await deployment.InsertAsync("messages", ValueObject.Empty);
        var one = await deployment.AskAsync("_system/cli/queryTable", ("tableName", "messages"));
        await deployment.InsertAsync("others", ValueObject.Empty);
        var same = await deployment.AskAsync("_system/cli/queryTable", ("tableName", "messages"));
        await deployment.InsertAsync("messages", ValueObject.Empty);
        var two = await deployment.AskAsync("_system/cli/queryTable", ("tableName", "messages"));

        Assert.Equal(one, same);
        Assert.Equal(3, new HashSet<Value> { none, one, two }.Count);
        Assert.Equal(Value.Float64(2), await deployment.AskAsync("_system/cli/tableSize", ("tableName", "messages")));
        Assert.Equal(Value.Float64(0), await deployment.AskAsync("_system/cli/tableSize", ("tableName", "nothing")));
    }

    [Fact]
    public async Task A_table_larger_than_a_function_may_read_is_counted()
    {
        var documents = new TransactionLimits().DocumentsRead + 1;
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync("messages", [.. Enumerable.Repeat(ValueObject.Empty, documents)]);

        Assert.Equal(Value.Float64(documents), await deployment.AskAsync("_system/cli/tableSize", ("tableName", "messages")));
    }

    [Fact]
    public async Task The_api_is_told_by_module_with_routes_and_the_functions_in_CSharp()
    {
        var inCSharp = new FunctionRegistration(
            "sharp", "tell", RegisteredKind.Mutation, true, """{"type":"object","value":{"n":{"fieldType":{"type":"bigint"},"optional":true}}}""", """{"type":"null"}""", (_, _, _) => new(Value.Null));
        await using var deployment = await SystemDeployment.StartAsync(inCSharp);
        await deployment.InsertAsync(SystemTables.Modules, ValueObject.Create(
            ("component", ""), ("path", "messages.js"), ("environment", "isolate"), ("sha256", "00"),
            ("analysis", """
                {"functions":[
                  {"name":"list","pos":null,"udfType":"Query","visibility":{"kind":"public"},"args":"{\"type\":\"object\",\"value\":{\"author\":{\"fieldType\":{\"type\":\"string\"},\"optional\":true}}}","returns":"{\"type\":\"literal\",\"value\":{\"$integer\":\"AQAAAAAAAAA=\"}}"},
                  {"name":"hidden","pos":null,"udfType":"Action","visibility":null,"args":"{\"type\":\"any\"}","returns":"null"}],
                 "httpRoutes":[{"route":{"path":"/hello","method":"GET"},"pos":null}],"cronSpecs":null,"sourceMapped":null}
                """)));
        await deployment.InsertAsync(SystemTables.Modules, ValueObject.Create(("component", ""), ("path", "_deps/chunk.js"), ("environment", "isolate"), ("sha256", "00"), ("analysis", Value.Null)));
        await deployment.InsertAsync(SystemTables.Sources, ValueObject.Create(("sha256", "00"), ("part", Value.Int64(0)), ("source", "export {}")));

        var spec = await deployment.AskAsync("_system/cli/modules:apiSpec");

        Assert.Equal(
            """[{"args":{"type":"object","value":{"author":{"fieldType":{"type":"string"},"optional":true}}},"functionType":"Query","identifier":"messages.js:list","returns":{"type":"literal","value":{"$integer":"AQAAAAAAAAA="}},"visibility":{"kind":"public"}},{"args":{"type":"any"},"functionType":"Action","identifier":"messages.js:hidden","returns":null,"visibility":{"kind":"public"}},{"functionType":"HttpAction","method":"GET","path":"/hello"},{"args":{"type":"object","value":{"n":{"fieldType":{"type":"bigint"},"optional":true}}},"functionType":"Mutation","identifier":"sharp.js:tell","returns":{"type":"null"},"visibility":{"kind":"internal"}}]""",
            Encoding.UTF8.GetString(ValueJson.Write(spec)));
    }

    [Fact]
    public async Task The_deployment_tells_of_itself()
    {
        await using var deployment = await SystemDeployment.StartAsync();

        Assert.Equal("http://cloud.test", await deployment.AskAsync("_system/cli/convexUrl:cloudUrl"));
        Assert.Equal(ValueObject.Create(("state", "running")), await deployment.AskAsync("_system/frontend/deploymentState:deploymentState"));
        Assert.Equal(Value.Null, await deployment.AskAsync("_system/frontend/getVersion"));
        Assert.Equal(Value.Array(), await deployment.AskAsync("_system/frontend/components:list"));
        Assert.Equal(ValueObject.Empty, await deployment.AskAsync("_system/frontend/getSchemas"));
    }

    [Fact]
    public async Task A_push_shows_its_version_its_component_and_its_schema()
    {
        const string Schema = """{"tables":[],"schemaValidation":true}""";
        await using var deployment = await SystemDeployment.StartAsync();
        await deployment.InsertAsync(SystemTables.Generations, ValueObject.Create(
            ("component", ""), ("modules", "00"), ("environment", Value.Int64(0)), ("seed", Value.Bytes(new byte[32])), ("importTime", Value.Float64(0)), ("udfServerVersion", "1.48.0")));
        await deployment.WriteAsync(transaction =>
        {
            transaction.AddSchema("", Schema);
            return Task.CompletedTask;
        });

        Assert.Equal("1.48.0", await deployment.AskAsync("_system/frontend/getVersion"));
        Assert.Equal(ValueObject.Create(("inProgress", Schema)), await deployment.AskAsync("_system/frontend/getSchemas"));
        var app = Assert.Single((await deployment.AskAsync("_system/frontend/components:list")).AsArray().ToArray()).AsObject();
        Assert.Equal(("", "active"), (app["path"].AsString(), app["state"].AsString()));

        Assert.Equal(ValueObject.Create(("inProgress", Schema)), await deployment.AskAsync("_system/frontend/getSchemas", ("componentId", app["id"])));
        var unknown = await deployment.RunAsync("_system/frontend/getSchemas", Identity.Admin, ("componentId", "k17"));
        Assert.Equal("Uncaught Error: Invalid argument `componentId`: there is no component with ID k17.", unknown.Outcome.Error!.Message);
    }

    private static ValueObject FirstPage(double count) => ValueObject.Create(("cursor", Value.Null), ("numItems", Value.Float64(count)));

    private sealed class StaleWatches : IPublicationListener
    {
        private readonly TaskCompletionSource<Watch> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Watch> First => _first.Task;

        public void OnPublished(Publication publication)
        {
            if (publication.Stale is [var watch, ..]) _first.TrySetResult(watch);
        }
    }
}
