using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Jobs;

/// <summary>What an operator may do to scheduled functions. Source: <c>spec/deploy-api.md</c> §11.</summary>
public sealed class JobAdministration
{
    /// <summary>Jobs of one transaction, so that none grows large.</summary>
    private const int Batch = 500;

    private readonly InvokerParts _parts;

    internal JobAdministration(InvokerParts parts) => _parts = parts;

    /// <summary>Cancels a job. One that has ended stays as it is; an action that has begun goes on, and what it schedules is cancelled.</summary>
    /// <exception cref="DeveloperException">It is not the id of a job.</exception>
    public Task CancelAsync(string component, string id, CancellationToken cancellationToken) => _parts.Database.CommitAsync(
        (transaction, token) => JobDocuments.CancelAsync(transaction, component, id, runningMutation: null, _parts.NowMilliseconds, token), cancellationToken);

    /// <summary>Cancels all jobs that have not ended, of one function when it is named. Those that are scheduled meanwhile may go on.</summary>
    public async Task CancelAllAsync(string component, FunctionPath? function, CancellationToken cancellationToken)
    {
        var ids = await ListAsync(component, job => JobDocuments.StateOf(job) is JobDocuments.Pending or JobDocuments.InProgress && (function is not { } path || job.Fields["name"].AsString() == path.Canonical), cancellationToken);
        foreach (var batch in ids.Chunk(Batch))
        {
            await _parts.Database.CommitAsync(
                async (transaction, token) =>
                {
                    foreach (var id in batch) await JobDocuments.CancelAsync(transaction, component, id.ToString(), runningMutation: null, _parts.NowMilliseconds, token);
                    return batch.Length;
                },
                cancellationToken);
        }
    }

    /// <summary>Deletes all jobs, whatever their state: those that are pending never run.</summary>
    public async Task DeleteAllAsync(string component, CancellationToken cancellationToken)
    {
        foreach (var batch in (await ListAsync(component, _ => true, cancellationToken)).Chunk(Batch))
        {
            await _parts.Database.CommitAsync(
                async (transaction, token) =>
                {
                    var table = JobDocuments.TableOf(transaction, component);
                    foreach (var id in batch)
                    {
                        if (await transaction.GetAsync(table, id.InternalId, token) is not null) await transaction.DeleteAsync(table, id, token);
                    }

                    return batch.Length;
                },
                cancellationToken);
        }
    }

    private async ValueTask<List<DocumentId>> ListAsync(string component, Func<Document, bool> isWanted, CancellationToken cancellationToken)
    {
        using var transaction = _parts.Database.BeginRead(limits: TransactionLimits.None);
        var table = JobDocuments.TableOf(transaction, component);
        var jobs = transaction.Read(table, table.ById, KeyInterval.All);
        var ids = new List<DocumentId>();
        while (await jobs.NextAsync(cancellationToken) is { } job)
        {
            if (isWanted(job)) ids.Add(job.Id);
        }

        return ids;
    }
}
