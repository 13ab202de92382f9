using System.Runtime.CompilerServices;
using Fresnel.Functions;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>The database as queries have it; also the side of a mutation's on which the public system tables are read.</summary>
internal sealed class ClrDatabaseReader(ClrInvocation run, TransactionScope scope, bool isSystem) : DatabaseReader
{
    private ClrDatabaseReader? _system;

    /// <inheritdoc/>
    public override DatabaseReader System => isSystem ? this : _system ??= new(run, scope, isSystem: true);

    /// <inheritdoc/>
    public override async ValueTask<ValueObject?> GetAsync(string id, CancellationToken cancellationToken = default) =>
        (await run.OutsideAsync(token => scope.GetAsync(id, null, isSystem, token), cancellationToken))?.Fields;

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ValueObject> ReadAsync(DocumentQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (isSystem != TableName.IsSystem(query.Table)) throw isSystem ? SyscallErrors.UserTable() : SyscallErrors.SystemTable();
        var opened = new ScopeQuery(ClrQueries.Define(query));
        while (await run.OutsideAsync(token => scope.NextAsync(opened, token), cancellationToken) is { } document) yield return document.Fields;
    }
}

/// <summary>The database as mutations have it.</summary>
internal sealed class ClrDatabaseWriter(ClrInvocation run, TransactionScope scope) : DatabaseWriter
{
    private readonly ClrDatabaseReader _reader = new(run, scope, isSystem: false);

    /// <inheritdoc/>
    public override DatabaseReader System => _reader.System;

    /// <inheritdoc/>
    public override ValueTask<ValueObject?> GetAsync(string id, CancellationToken cancellationToken = default) => _reader.GetAsync(id, cancellationToken);

    /// <inheritdoc/>
    public override IAsyncEnumerable<ValueObject> ReadAsync(DocumentQuery query, CancellationToken cancellationToken = default) => _reader.ReadAsync(query, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<string> InsertAsync(string table, ValueObject fields, CancellationToken cancellationToken = default) =>
        (await run.OutsideAsync(token => scope.InsertAsync(table, fields, token), cancellationToken)).Id.ToString();

    /// <inheritdoc/>
    public override async ValueTask PatchAsync(string id, ValuePatch patch, CancellationToken cancellationToken = default) =>
        await run.OutsideAsync(token => scope.PatchAsync(id, patch, null, token), cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask ReplaceAsync(string id, ValueObject fields, CancellationToken cancellationToken = default) =>
        await run.OutsideAsync(token => scope.ReplaceAsync(id, fields, null, token), cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        await run.OutsideAsync(token => scope.DeleteAsync(id, null, token), cancellationToken);
}
