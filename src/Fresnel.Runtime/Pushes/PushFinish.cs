using Fresnel.Engine;
using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Environment;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The flip: code, schema, indexes, crons and providers change in one transaction, or nothing does. Source: <c>spec/deploy-api.md</c> §4.9.</summary>
internal static class PushFinish
{
    private const string App = "";

    /// <summary>Writes the flip.</summary>
    /// <exception cref="DeveloperException">Something changed since the push was evaluated (<c>RaceDetected</c>), or a variable is missing.</exception>
    public static async ValueTask<PushDiff> ApplyAsync(Transaction transaction, StartedPush push, DateTimeOffset now, IEntropy entropy, CancellationToken cancellationToken)
    {
        if (!push.ComponentDefinitionPackages.TryGetValue(App, out var package) || !push.Analysis.TryGetValue(App, out var analysis))
            throw new DeveloperException("InvalidConfig", "startPush is not what start_push answered.");

        var variables = await EnvironmentVariables.ListAsync(transaction, cancellationToken);
        if (!AreEqual(variables, push.EnvironmentVariables)) throw PushRace.OfVariables();
        DeclaredVariables.RequireSet(analysis.Definition, variables);

        var previous = await GenerationDocument.FindAsync(transaction, App, cancellationToken);
        var (indexes, schema) = await SchemaPush.FinishAsync(transaction, App, push.SchemaChange, cancellationToken);
        var auth = await AuthProviders.ReplaceAsync(transaction, push.AppAuth, cancellationToken);
        var modules = await DeployedModules.ReplaceAsync(transaction, App, package.Modules, analysis, cancellationToken);
        var crons = await new DeployedCrons(transaction, App, now, entropy).ReplaceAsync(DeclaredCrons.Read(analysis), cancellationToken);
        await GenerationDocument.WriteAsync(transaction, App, push, ModuleHashes.OfSet(package.Modules), cancellationToken);

        var library = previous?.UdfServerVersion is { } version && version != analysis.UdfConfig.ServerVersion ? new UdfConfigDiff(version, analysis.UdfConfig.ServerVersion) : null;
        return new PushDiff(
            auth,
            new Dictionary<string, DefinitionDiff> { [App] = new() },
            new Dictionary<string, ComponentDiff> { [App] = new(ComponentDiffType.Modify, modules, library, crons, indexes, schema) });
    }

    private static bool AreEqual(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count && left.All(variable => right.TryGetValue(variable.Key, out var value) && value == variable.Value);
}
