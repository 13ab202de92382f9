using Fresnel.Functions;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests.Clr;

/// <summary>Functions as an author would write them, for the tests of the runner.</summary>
[FunctionModule("notes")]
internal static class Notes
{
    [Query]
    public static async Task<Value> ListAsync(QueryContext context, string topic, double? count, CancellationToken cancellationToken)
    {
        var notes = await context.Database.Query("notes").WithIndex("by_topic", range => range.Eq("topic", topic)).Descending().TakeAsync((int)(count ?? 10), cancellationToken);
        return Value.Array([.. notes.Select(note => note["text"])]);
    }

    [Query]
    public static async ValueTask<double> CountAsync(QueryContext context)
    {
        var count = 0;
        await foreach (var note in context.Database.Query("notes")) count += note["text"].Kind == ValueKind.String ? 1 : 0;
        return count;
    }

    [Query]
    public static async Task<string?> FindAsync(QueryContext context, string id) => (await context.Database.GetAsync(id))?["text"].AsString();

    [Query]
    public static async Task<string> OnlyAsync(QueryContext context, string topic) =>
        (await context.Database.Query("notes").WithIndex("by_topic", range => range.Eq("topic", topic)).UniqueAsync())?["text"].AsString() ?? "none";

    [Query]
    public static async Task<Value> RangeAsync(QueryContext context, string field)
    {
        await context.Database.Query("notes").WithIndex("by_topic", range => range.Gt(field, "a")).CollectAsync();
        return Value.Null;
    }

    [Query]
    public static async Task<Value> JobsAsync(QueryContext context) =>
        Value.Array([.. (await context.Database.System.Query("_scheduled_functions").CollectAsync()).Select(job => job["name"])]);

    [Query]
    public static async Task<Value> ReadPrivateAsync(QueryContext context) =>
        Value.Array([.. (await context.Database.Query("_modules").CollectAsync()).Select(job => job["name"])]);

    [Mutation]
    public static Task<string> AddAsync(MutationContext context, string topic, string text) =>
        context.Database.InsertAsync("notes", ValueObject.Create(("topic", topic), ("text", text))).AsTask();

    [Mutation]
    public static async Task<Value> EditAsync(MutationContext context, string id)
    {
        await context.Database.PatchAsync(id, ValueObject.Create(("text", "patched")));
        await context.Database.PatchAsync(id, new ValuePatch([new("topic", Value.Undefined)]));
        var patched = (await context.Database.GetAsync(id))!;
        await context.Database.ReplaceAsync(id, ValueObject.Create(("text", "replaced")));
        var replaced = (await context.Database.GetAsync(id))!;
        await context.Database.DeleteAsync(id);
        return Value.Array(patched["text"], patched["topic"].IsUndefined, replaced["text"], await context.Database.GetAsync(id) is null);
    }

    [Mutation]
    public static async Task<Value> AddBothAsync(MutationContext context)
    {
        await context.Database.InsertAsync("notes", ValueObject.Create(("topic", "outer"), ("text", "kept")));
        try
        {
            await context.RunMutationAsync("notes:addAndFail", ValueObject.Empty);
        }
        catch (DeveloperException exception)
        {
            return exception.Message;
        }

        return Value.Null;
    }

    [Mutation(Internal = true)]
    public static async Task AddAndFailAsync(MutationContext context)
    {
        await context.Database.InsertAsync("notes", ValueObject.Create(("topic", "inner"), ("text", "undone")));
        await context.Scheduler.RunAfterAsync(TimeSpan.FromHours(1), "notes:addAndFail", ValueObject.Empty);
        throw new InvalidOperationException("inner failed");
    }

    [Mutation]
    public static async Task<string> LaterAsync(MutationContext context)
    {
        var job = await context.Scheduler.RunAfterAsync(TimeSpan.FromHours(1), "notes:add", ValueObject.Create(("topic", "later"), ("text", "x")));
        var other = await context.Scheduler.RunAtAsync(context.Now.AddHours(2), "notes:add", ValueObject.Create(("topic", "later"), ("text", "y")));
        await context.Scheduler.CancelAsync(other);
        return job;
    }

    [Action]
    public static async Task<Value> RelayAsync(ActionContext context, string topic)
    {
        var id = await context.RunMutationAsync("notes:add", ValueObject.Create(("topic", topic), ("text", "relayed")));
        var text = await context.RunQueryAsync("notes:find", ValueObject.Create(("id", id)));
        return await context.RunActionAsync("notes:echo", ValueObject.Create(("value", text)));
    }

    [Action(Internal = true)]
    public static Value Echo(ActionContext context, Value value) => context is null ? Value.Null : value;

    [Query]
    public static void Fail(QueryContext context) => throw new InvalidOperationException($"boom at {context.Now.Year > 1970}");

    [Query]
    public static async Task FailLaterAsync(QueryContext context)
    {
        await context.Database.Query("notes").FirstAsync();
        throw new ConvexErrorException(ValueObject.Create(("code", "TEAPOT")));
    }

    [Query]
    public static Value Look(QueryContext context) => Value.Array(
        Value.Float64(context.Now.ToUnixTimeMilliseconds()), Value.Float64(context.Random.NextDouble()), Value.Float64(context.Random.NextDouble()), context.Environment["CONVEX_CLOUD_URL"]);

    [Query]
    public static async Task<string> WhoAsync(QueryContext context)
    {
        context.Log.Info("asked");
        context.Log.Warn("twice");
        return (await context.Auth.GetUserIdentityAsync())?["subject"].AsString() ?? "nobody";
    }

    [Query]
    public static async Task<Value> WaitForeverAsync(QueryContext context)
    {
        await new TaskCompletionSource().Task;
        return context.Now.ToString();
    }
}
