using System.Text.Json;
using Fresnel.Runtime.Catalog;

namespace Fresnel.Runtime.Pushes;

/// <summary>Writes down a push that was evaluated, so that the CLI can carry it to <c>finish_push</c>.</summary>
internal static class StartedPushes
{
    private const string App = "";

    public static StartedPush Describe(PushRequest request, EvaluatedPush push, SchemaChange change)
    {
        var routes = push.Analysis.FirstOrDefault(module => module.HttpRoutes is not null)?.HttpRoutes?.Select(route => new HttpRoute(route.Path, route.Method));
        return new StartedPush
        {
            EnvironmentVariables = push.Environment,
            ComponentDefinitionPackages = ForApp(new SourcePackage(
                [.. push.Modules.Modules.Select(ModuleHashes.Name)],
                request.Functions,
                request.NodeVersion)
            {
                NodeDependencies = [.. push.Modules.Packages.Packages.Select(package => new NodeDependency(package.Name, package.Version))],
            }),
            ExternalDepsId = push.Modules.Packages.Id is { Length: > 0 } packages ? packages : null,
            AppAuth = [.. PushJson.Element(push.AuthProviders).EnumerateArray()],
            Analysis = ForApp(new EvaluatedDefinition
            {
                Definition = PushJson.Element(push.Definition),
                Schema = push.Schema is { } schema ? PushJson.Element(schema) : null,
                Functions = push.Analysis.ToDictionary(module => module.Path, module => PushJson.Element(module.Json)),
                UdfConfig = UdfConfig.From(request.AppDefinition.UdfServerVersion, push.Modules.Determinism),
            }),
            App = new CheckedComponent { HttpRoutes = new CheckedHttpRoutes(routes is null ? null : [.. routes], []) },
            SchemaChange = change,
        };
    }

    private static Dictionary<string, T> ForApp<T>(T value) => new(StringComparer.Ordinal) { [App] = value };
}
