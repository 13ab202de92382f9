using Fresnel.Engine;
using Fresnel.Engine.Transactions;

namespace Fresnel.Runtime.Pushes;

/// <summary>Looks something up in the newest published snapshot.</summary>
internal static class Reading
{
    public static async Task<T> ReadAsync<T>(this Database database, Func<Transaction, ValueTask<T>> body)
    {
        using var transaction = database.BeginRead(limits: TransactionLimits.None);
        return await body(transaction);
    }
}
