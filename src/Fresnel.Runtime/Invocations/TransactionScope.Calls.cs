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
        if (_depth >= InvocationTree.MostNested) throw SyscallErrors.TooDeep();
        return InTurnAsync(
            async (transaction, token) =>
            {
                var function = FunctionRouting.Find(_code, path, _tree.Call.Identity, FunctionCaller.Action, kind);
                var canonical = FunctionArguments.Check(function, FunctionArguments.Positional(arguments), JsonOptions, transaction.TableNames(Component), _tree.Parts.Options.Limits.ArgumentBytes);
                var ceilings = limits.ValueKind == JsonValueKind.Object ? (_ceilings ?? _tree.Parts.Ceilings).Lower(limits, transaction.Usage, _tree.Scheduled) : _ceilings;
                var log = new FunctionLogBuffer();
                var start = transaction.Save();
                var result = await _tree.RunAsync(_code, function, canonical, log, ceilings, _depth + 1, token);
                _log.Splice(log.ToList(), path.ToString());
                if (result.Error is null) return result.Value;
                if (kind == FunctionKind.Mutation) transaction.RollBackTo(start);
                throw FunctionRefusal.ToException(result.Error);
            },
            cancellationToken);
    }

    /// <summary>What may stand in the JSON that the function gives and gets: placeholders of the commit's timestamp only where there will be a commit.</summary>
    private ValueJsonOptions JsonOptions => _tree.Kind == FunctionKind.Mutation ? ValueJsonOptions.AllowCommitTimestamp : ValueJsonOptions.None;
}
