using System.Collections.Concurrent;
using Fresnel.Engine;
using Fresnel.Engine.Schema;
using Fresnel.Engine.Tables;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Pushes;

/// <summary>Checks the documents that are there against a pending schema, once, in the background; whatever is written meanwhile is checked as it is written.</summary>
/// <remarks>
/// A check reads one snapshot that holds the pending schema: a document in it that nobody writes again is seen here, any other by the transaction that writes it.
/// It begins when a push starts or asks, so that one interrupted by a restart goes on when the CLI comes back.
/// </remarks>
internal sealed partial class SchemaChecks(Database database, ILogger log) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<DocumentId, Lazy<Task>> _running = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Begins to check every pending schema of a push that is not being checked already.</summary>
    public void Begin(SchemaChange change)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        foreach (var id in change.SchemaIds.Values)
        {
            if (id is not null && SchemaPush.Find(transaction, id) is { State: SchemaState.Pending } schema) _ = _running.GetOrAdd(schema.Id, StartOnce).Value;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        await Task.WhenAll(_running.Values.Select(check => check.Value));
        _stopping.Dispose();
    }

    private Lazy<Task> StartOnce(DocumentId id) => new(() => CheckAndForgetAsync(id));

    private async Task CheckAndForgetAsync(DocumentId id)
    {
        await Task.Yield(); // The push goes on meanwhile.
        try
        {
            await CheckAsync(id, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // It stays pending and is checked again when somebody asks.
        }
        catch (Exception exception)
        {
            LogFailure(log, exception);
        }
        finally
        {
            _running.TryRemove(id, out _);
        }
    }

    private async Task CheckAsync(DocumentId id, CancellationToken cancellationToken)
    {
        var mismatch = await database.ReadAsync(transaction => FindMismatchAsync(transaction, id, cancellationToken));
        await database.CommitAsync(
            (transaction, _) =>
            {
                // A write may have failed it, another push replaced it.
                var schema = transaction.FindSchema(id);
                if (schema?.State != SchemaState.Pending) return ValueTask.FromResult(false);
                if (mismatch is { } found) transaction.SetSchemaState(schema, SchemaState.Failed, found.Error, found.Table);
                else transaction.SetSchemaState(schema, SchemaState.Validated);
                return ValueTask.FromResult(true);
            },
            cancellationToken);
    }

    private static async ValueTask<(string Error, string Table)?> FindMismatchAsync(Transaction transaction, DocumentId id, CancellationToken cancellationToken)
    {
        const string Component = "";
        if (transaction.FindSchema(id)?.Definition is not { } schema) return null;
        var active = transaction.Schemas(Component).Active?.Definition;
        var names = transaction.TableNames(Component);
        foreach (var definition in schema.Tables)
        {
            if (!schema.MustValidate(definition.Name, active) || transaction.FindTable(Component, definition.Name) is not { } table) continue;
            var stream = transaction.Read(table, table.ById, KeyInterval.All);
            while (await stream.NextAsync(cancellationToken) is { } document)
            {
                if (schema.Check(definition.Name, document.Fields, names) is { } problem) return (SchemaMismatch.OfExisting(document.Id, definition.Name, problem), definition.Name);
            }
        }

        return null;
    }

    [LoggerMessage(1, LogLevel.Error, "Documents could not be checked against a pending schema.")]
    private static partial void LogFailure(ILogger log, Exception exception);
}
