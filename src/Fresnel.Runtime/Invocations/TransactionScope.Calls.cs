using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <content>Functions that run within the same transaction. Source: <c>spec/function-runtime.md</c> §3.5, 8.2.</content>
internal sealed partial class TransactionScope
{
    /// <summary>Runs a query or mutation of this component within the transaction; when a mutation fails, its writes are undone and its caller may go on.</summary>
    /// <param name="kind">Query or mutation.</param>
    /// <param name="path">Which; internal ones are within reach.</param>
    /// <param name="arguments">JSON: one object, or an array of positional arguments.</param>
    /// <param name="limits">Budgets for the call, or an undefined element.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The result as canonical JSON.</returns>
    /// <exception cref="DeveloperException">It cannot be reached or failed.</exception>
    public ValueTask<ReadOnlyMemory<byte>> RunAsync(
        FunctionKind kind, FunctionPath path, ReadOnlyMemory<byte> arguments, JsonElement limits, CancellationToken cancellationToken)
    {
        if (kind == FunctionKind.Mutation && !MayWrite) throw SyscallErrors.MutationFromQuery();
        if (_depth >= _tree.Parts.Options.Limits.NestedCalls) throw SyscallErrors.TooDeep();
        return InTurnAsync(
            async (transaction, token) =>
            {
                var ceilings = limits.ValueKind == JsonValueKind.Object ? (_ceilings ?? _tree.Parts.Ceilings).Lower(limits, transaction.Usage, _tree.Scheduled) : _ceilings;
                var start = transaction.Save();
                var result = await RunInTreeAsync(_tree, kind, path, arguments, ceilings, token);
                if (result.Error is null) return result.Value;
                if (kind == FunctionKind.Mutation) transaction.RollBackTo(start);
                throw FunctionRefusal.ToException(result.Error);
            },
            cancellationToken);
    }

    /// <summary>
    /// Runs a query of this component on the database as it was when the transaction began: what the mutation wrote is not there, nothing that is read
    /// makes it conflict, and nothing of its limits is used.
    /// </summary>
    /// <inheritdoc cref="RunAsync" path="/param"/>
    /// <inheritdoc cref="RunAsync" path="/returns"/>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public ValueTask<ReadOnlyMemory<byte>> RunStaleAsync(FunctionPath path, ReadOnlyMemory<byte> arguments, JsonElement limits, CancellationToken cancellationToken)
    {
        if (!MayWrite) throw SyscallErrors.StaleFromQuery();
        if (_depth >= _tree.Parts.Options.Limits.NestedCalls) throw SyscallErrors.TooDeep();
        return InTurnAsync(
            async (transaction, token) =>
            {
                transaction.IsSnapshotTold = true;
                using var stale = _tree.Parts.Database.BeginRead(transaction.Snapshot);
                var ceilings = limits.ValueKind == JsonValueKind.Object ? _tree.Parts.Ceilings.Lower(limits, default, new ScheduledUsage()) : null;
                var result = await RunInTreeAsync(_tree.Beside(stale), FunctionKind.Query, path, arguments, ceilings, token);
                return result.Error is null ? result.Value : throw FunctionRefusal.ToException(result.Error);
            },
            cancellationToken);
    }

    private async ValueTask<InvocationResult> RunInTreeAsync(
        InvocationTree tree, FunctionKind kind, FunctionPath path, ReadOnlyMemory<byte> arguments, UsageCeilings? ceilings, CancellationToken cancellationToken)
    {
        var function = FunctionRouting.Find(_code, path, _tree.Call.Identity, FunctionCaller.Action, kind);
        var canonical = FunctionArguments.Check(
            function, FunctionArguments.Positional(arguments), tree.JsonOptions, tree.Transaction.TableNames(Component), tree.Parts.Options.Limits.ArgumentBytes);
        var log = new FunctionLogBuffer(_tree.Parts.Options.Limits);
        var audited = tree.Audits.Count;
        var result = await tree.RunAsync(_code, function, canonical, log, ceilings, _depth + 1, cancellationToken);
        _log.Splice(log.ToList(), path.ToString());
        if (result.Error is not null) tree.Audits.CutTo(audited);
        return result;
    }
}
