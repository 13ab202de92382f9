using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Node;

namespace Fresnel.Runtime.Pushes;

/// <summary>What a push's code declares, and what it was compared with.</summary>
/// <param name="Modules">All modules of the app.</param>
/// <param name="Analysis">What each declares, chunks and the auth config left out.</param>
/// <param name="AuthProviders">JSON array of the providers.</param>
/// <param name="Definition">JSON of what <c>convex.config.ts</c> declares.</param>
/// <param name="Schema">What <c>schema.ts</c> exports, or null when there is none.</param>
/// <param name="Environment">The user's variables that the code was evaluated with.</param>
internal sealed record EvaluatedPush(
    ModuleSet Modules,
    IReadOnlyList<AnalyzedModule> Analysis,
    string AuthProviders,
    string Definition,
    string? Schema,
    IReadOnlyDictionary<string, string> Environment);
