using Fresnel.Engine.Pages;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What a query or mutation can do: the engine's side of its syscalls, and the same operations typed for C# functions.</summary>
/// <remarks>
/// Each operation waits for its turn, so they run one at a time in the order they were issued, whichever way they come.
/// Source: <c>spec/function-runtime.md</c> §3.
/// </remarks>
internal sealed partial class TransactionScope : InvocationScope
{
    private readonly InvocationTree _tree;
    private readonly ComponentCode _code;
    private readonly FunctionDefinition _function;
    private readonly FunctionLogBuffer _log;
    private readonly UsageCeilings? _ceilings;
    private readonly int _depth;
    private readonly SyscallTurns _turns;

    /// <summary>Makes the scope of one function of a tree.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="code">The code of the function's component.</param>
    /// <param name="function">The function.</param>
    /// <param name="log">Takes its lines.</param>
    /// <param name="ceilings">Lowered limits, or null.</param>
    /// <param name="depth">Calls above it.</param>
    public TransactionScope(InvocationTree tree, ComponentCode code, FunctionDefinition function, FunctionLogBuffer log, UsageCeilings? ceilings, int depth)
    {
        _tree = tree;
        _code = code;
        _function = function;
        _log = log;
        _ceilings = ceilings;
        _depth = depth;
        _turns = new SyscallTurns(tree.Parts.Options.Limits.ConcurrentOperations);
    }

    /// <summary>The component whose tables and functions it sees.</summary>
    public string Component => _code.Component;

    /// <summary>Whether it may write: it is a mutation (all that called it are, then).</summary>
    public bool MayWrite => _function.Kind == FunctionKind.Mutation;

    /// <summary>Whether it sees private system tables and may write to them: it is one of the system's own functions.</summary>
    public bool IsSystem => _function.Path.IsSystem;

    private Transaction Transaction => _tree.Transaction;

    /// <inheritdoc/>
    public override void Log(LogLine line) => _log.Add(line);

    /// <summary>Uses the transaction in turn: for the system's own functions, which read and write system tables.</summary>
    public async ValueTask<T> InTurnAsync<T>(Func<Transaction, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await _turns.EnterAsync(cancellationToken);
        try
        {
            if (Overdrawn is { } overdrawn) throw new DeveloperException(overdrawn.Code, overdrawn.Message);
            var result = await work(Transaction, cancellationToken);
            _ceilings?.Check(Transaction.Usage, _tree.Scheduled);
            return result;
        }
        catch (Exception exception) when (exception is not (DeveloperException or InvocationAbandonedException or OperationCanceledException))
        {
            // Only errors that a person can cause may be caught by user code; anything else ends the invocation from outside.
            throw new InvocationAbandonedException(exception is SnapshotTooOldException ? AbandonReason.SnapshotTooOld : AbandonReason.Internal, exception.Message, exception);
        }
        finally
        {
            _turns.Leave();
        }
    }

    /// <summary>The function has ended: what it issued still runs, what comes is refused. Completes when nothing runs any more.</summary>
    public ValueTask CloseAsync() => _turns.CloseAsync();

    private void RequireMutation(string method)
    {
        if (!MayWrite) throw SyscallErrors.NotAvailable($"`{method}`", _function.Kind);
    }
}
