using System.Globalization;
using System.Text;
using System.Text.Json;
using Fresnel.Engine;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <content>Syscalls as text: each is read, done by the typed operation, and its result written.</content>
internal sealed partial class TransactionScope
{
    /// <inheritdoc/>
    public override async ValueTask<ReadOnlyMemory<byte>> SyscallAsync(string operation, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        if (NotBuiltYet.Operations.TryGetValue(operation, out var what)) throw NotBuiltYet.Error(what);
        using var json = SyscallArguments.Parse(operation, arguments);
        var given = json.RootElement;
        switch (operation)
        {
            case "1.0/get":
                var document = await GetAsync(given.RequiredText("id", given.Flag("isSystem") ? "db.system.get" : "db.get"), given.Text("table"), given.Flag("isSystem"), cancellationToken);
                return document?.Json ?? FunctionMetadata.Null;
            case "1.0/queryStreamNext":
                return StreamItem((await NextAsync(QueryId(given), cancellationToken)).Documents);
            case "1.0/queryPage":
                return await ReadPageAsync(given, cancellationToken);
            case "1.0/insert":
                var inserted = await InsertAsync(given.RequiredText("table", "db.insert"), Fields(given, "db.insert"), cancellationToken);
                return Encoding.UTF8.GetBytes($"{{\"_id\":\"{inserted.Id}\"}}");
            case "1.0/shallowMerge":
                return (await PatchAsync(given.RequiredText("id", "db.patch"), Patch(given), given.Text("table"), cancellationToken)).Json;
            case "1.0/replace":
                return (await ReplaceAsync(given.RequiredText("id", "db.replace"), Fields(given, "db.replace"), given.Text("table"), cancellationToken)).Json;
            case "1.0/remove":
                return (await DeleteAsync(given.RequiredText("id", "db.delete"), given.Text("table"), cancellationToken)).Json;
            case "1.0/count":
                return Encoding.UTF8.GetBytes((await CountAsync(given.RequiredText("table", "db.count"), cancellationToken)).ToString(CultureInfo.InvariantCulture));
            case "1.0/queryStream":
                return Encoding.UTF8.GetBytes($"{{\"queryId\":{Open(given.RequiredJson("query", "db.query"))}}}");
            case "1.0/queryCleanup":
                CloseQuery(QueryId(given));
                return "true"u8.ToArray();
            case "1.0/db/normalizeId":
                var id = await NormalizeIdAsync(given.RequiredText("table", "db.normalizeId"), given.RequiredText("idString", "db.normalizeId"), cancellationToken);
                return Encoding.UTF8.GetBytes(id is null ? "{\"id\":null}" : $"{{\"id\":\"{id}\"}}");
            case "1.0/runUdf":
                return await RunUdfAsync(given, cancellationToken);
            case "1.0/schedule":
                var job = await ScheduleAsync(Address(operation, given), given.Seconds("ts", "scheduler.runAt") * 1000, given.RequiredJson("args", operation), cancellationToken);
                return Encoding.UTF8.GetBytes($"\"{job}\"");
            case "1.0/cancel_job":
                await CancelJobAsync(given.RequiredText("id", "scheduler.cancel"), cancellationToken);
                return FunctionMetadata.Null;
            case "1.0/createFunctionHandle":
                return FunctionMetadata.Text(FunctionAddress.CreateHandle(given, _tree.Parts.Handles, _code));
            case "1.0/auditLog":
                await AuditAsync(given, cancellationToken);
                return FunctionMetadata.Null;
            case "1.0/getUserIdentity":
                return FunctionMetadata.UserIdentity(UserIdentity());
            case "1.0/signJwt":
                return FunctionMetadata.Text(SignToken(TokenRequest.Read(given)));
            case "1.0/getFunctionMetadata":
                return FunctionMetadata.Function(_function.Path, Component);
            case "1.0/getDeploymentMetadata":
                return FunctionMetadata.Deployment(_tree.Parts.Options.Name);
            case "1.0/getRequestMetadata":
                if (_function.Kind == FunctionKind.Query) throw new DeveloperException("OperationNotAvailable", "Cannot get request metadata in a Query");
                return FunctionMetadata.Request(_tree.Call);
            case "1.0/getTransactionMetrics":
                return TransactionMetrics();
            case "1.0/getSnapshotTs":
                return ValueJson.Write(Value.Int64(TellSnapshot().Nanoseconds));
            default:
                throw ActionScope.Operations.Contains(operation) ? SyscallErrors.NotAvailable($"`{operation}`", _function.Kind) : SyscallErrors.UnknownOperation(operation);
        }
    }

    private ValueObject Fields(JsonElement given, string method)
    {
        var value = ParseValue(given, method, json => ValueJson.Parse(json, _tree.JsonOptions));
        return value.Kind == ValueKind.Object ? value.AsObject() : throw SyscallArguments.Invalid("value", method, "Value must be an Object");
    }

    private ValuePatch Patch(JsonElement given) => ParseValue(given, "db.patch", json => ValueJson.ParsePatch(json, _tree.JsonOptions | ValueJsonOptions.AllowUndefined));

    private static T ParseValue<T>(JsonElement given, string method, Func<ReadOnlySpan<byte>, T> parse)
    {
        try
        {
            return parse(given.RequiredJson("value", method).Span);
        }
        catch (InvalidValueException exception)
        {
            throw SyscallArguments.Invalid("value", method, exception.Message);
        }
    }

    private ValueTask<ReadOnlyMemory<byte>> RunUdfAsync(JsonElement given, CancellationToken cancellationToken)
    {
        var path = Address("1.0/runUdf", given);
        var arguments = given.RequiredJson("args", "1.0/runUdf");
        var limits = given.TryGetProperty("transactionLimits", out var member) ? member : default;
        return given.Text("udfType") switch
        {
            "query" => RunAsync(FunctionKind.Query, path, arguments, limits, cancellationToken),
            "mutation" => RunAsync(FunctionKind.Mutation, path, arguments, limits, cancellationToken),
            "snapshotQuery" => RunStaleAsync(path, arguments, limits, cancellationToken),
            var other => throw SyscallArguments.Invalid("udfType", "1.0/runUdf", $"{other ?? "nothing"} is not a type of function that can be run here"),
        };
    }

    private FunctionPath Address(string operation, JsonElement given) => FunctionAddress.Read(operation, given, _tree.Parts.Handles, Component);

    private static int QueryId(JsonElement given) =>
        given.TryGetProperty("queryId", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) ? number : throw SyscallArguments.Invalid("queryId", "queryStreamNext", "Expected a number");

    private static ReadOnlyMemory<byte> StreamItem(IReadOnlyList<ReadOnlyMemory<byte>> documents)
    {
        if (documents.Count == 0) return StreamEnd;
        var json = documents[0].Span;
        var item = new byte[ItemStart.Length + json.Length + ItemEnd.Length];
        ItemStart.CopyTo(item);
        json.CopyTo(item.AsSpan(ItemStart.Length));
        ItemEnd.CopyTo(item.AsSpan(ItemStart.Length + json.Length));
        return item;
    }

    private static ReadOnlyMemory<byte> StreamEnd { get; } = "{\"value\":null,\"done\":true}"u8.ToArray();

    private static ReadOnlySpan<byte> ItemStart => "{\"value\":"u8;

    private static ReadOnlySpan<byte> ItemEnd => ",\"done\":false}"u8;
}
