using System.Collections.Concurrent;
using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Functions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>What may be called: the deployed code of each component, with the C# functions.</summary>
/// <remarks>
/// Code is documents, so it is looked up within the transaction that will run it: the transaction depends on the component's generation document
/// and nothing else, and a push makes live queries run again like any other commit.
/// </remarks>
public sealed class FunctionCatalog
{
    /// <summary>Generations that are kept per component: the newest, and those that running functions and old snapshots may still ask for.</summary>
    private const int KeptGenerations = 4;

    private readonly ConcurrentDictionary<string, ComponentCode[]> _loaded = new(StringComparer.Ordinal);
    private readonly ComponentCodeReader _reader;

    /// <summary>Makes a catalog of a database's documents and these C# functions.</summary>
    internal FunctionCatalog(IReadOnlyList<FunctionRegistration> registrations, DeploymentUrls urls) =>
        _reader = new ComponentCodeReader(new ClrFunctions(registrations), urls);

    /// <summary>The code of a component as of a transaction, which depends on it from here on.</summary>
    public async ValueTask<ComponentCode> LoadAsync(Transaction transaction, string component, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var generation = await transaction.FindFirstAsync(SystemTables.Generations, "by_component", [component], cancellationToken);
        var name = ComponentCodeReader.NameOf(generation);
        var kept = _loaded.GetValueOrDefault(component, []);
        foreach (var code in kept)
        {
            if (code.Generation == name) return code;
        }

        var loaded = await _reader.ReadAsync(transaction, component, generation, kept.FirstOrDefault(), cancellationToken);

        // A version that the transaction wrote itself may never be committed; another may then take its place under the same name.
        if (generation is null || generation.Timestamp != Timestamp.Zero) Keep(loaded);
        return loaded;
    }

    private void Keep(ComponentCode code) => _loaded.AddOrUpdate(
        code.Component,
        _ => [code],
        (_, kept) => kept.Any(other => other.Generation == code.Generation) ? kept : [code, .. kept.Take(KeptGenerations - 1)]);
}
