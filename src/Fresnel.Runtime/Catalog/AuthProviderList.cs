using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>The deployed providers of identities, read anew when they have changed.</summary>
public sealed class AuthProviderList(Database database)
{
    private Entry _last = new(Timestamp.Zero, []);

    /// <summary>The providers as of now, in the order they were deployed.</summary>
    public async ValueTask<IReadOnlyList<AuthProvider>> ReadAsync(CancellationToken cancellationToken)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        var table = transaction.Find(SystemTables.Auth);
        var document = await transaction.Read(table, table.ById, KeyInterval.All).NextAsync(cancellationToken);
        if (document is null) return [];
        var last = Volatile.Read(ref _last);
        if (last.Version != document.Timestamp) Volatile.Write(ref _last, last = new(document.Timestamp, AuthProvider.ReadAll(document.Fields["providers"].AsString())));
        return last.Providers;
    }

    private sealed record Entry(Timestamp Version, IReadOnlyList<AuthProvider> Providers);
}
