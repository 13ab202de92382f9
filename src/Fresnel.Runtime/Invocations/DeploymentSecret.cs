using Fresnel.Engine;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>The secret that cursors and function handles are sealed and tokens signed with, each by a key derived from it: made at the first start and kept with the data, so that they outlive restarts.</summary>
internal static class DeploymentSecret
{
    /// <summary>From when cursors were all that it was for. Data that is there has it.</summary>
    private const string Name = "cursorSealingKey";
    private const int Length = 32;

    /// <summary>Reads it, or makes it.</summary>
    public static async Task<byte[]> LoadAsync(Database database, IEntropy entropy, CancellationToken cancellationToken)
    {
        var (key, _) = await database.CommitAsync(
            async (transaction, token) =>
            {
                if (await transaction.FindFirstAsync(SystemTables.Settings, "by_name", [Name], token) is { } setting) return setting.Fields["value"].AsBytes().ToArray();
                var made = new byte[Length];
                entropy.Fill(made);
                await transaction.InsertAsync(transaction.Find(SystemTables.Settings), ValueObject.Create(("name", Name), ("value", Value.Bytes(made))), token);
                return made;
            },
            cancellationToken);
        return key;
    }
}
