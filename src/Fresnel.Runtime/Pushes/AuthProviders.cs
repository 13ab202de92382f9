using System.Text.Json;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The document of <c>_auth</c>: whom the deployment trusts to say who users are.</summary>
internal static class AuthProviders
{
    /// <summary>Makes the providers those of a push.</summary>
    /// <returns>Those that came and went, as JSON texts.</returns>
    public static async ValueTask<AuthDiff> ReplaceAsync(Transaction transaction, IReadOnlyList<JsonElement> providers, CancellationToken cancellationToken)
    {
        var table = transaction.Find(SystemTables.Auth);
        var existing = await transaction.Read(table, table.ById, KeyInterval.All).NextAsync(cancellationToken);
        string[] before = existing is null ? [] : [.. PushJson.Element(existing.Fields["providers"].AsString()).EnumerateArray().Select(provider => provider.GetRawText())];
        string[] after = [.. providers.Select(provider => provider.GetRawText())];
        if (existing is not null || after.Length > 0)
        {
            var fields = ValueObject.Create(("providers", $"[{string.Join(',', after)}]"));
            if (existing is null) await transaction.InsertAsync(table, fields, cancellationToken);
            else await transaction.ReplaceAsync(table, existing.Id, fields, cancellationToken);
        }

        return new AuthDiff([.. after.Except(before)], [.. before.Except(after)]);
    }
}
