using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Refuses a push that needs a part of Fresnel that is not there yet, by name, before anything is changed.</summary>
internal static class NotBuilt
{
    /// <summary>The code of such refusals.</summary>
    public const string Code = "NotBuiltYet";

    /// <summary>Refuses what can be seen without evaluating anything.</summary>
    /// <exception cref="DeveloperException"><c>NotBuiltYet</c>.</exception>
    public static void RequireBuilt(PushRequest request)
    {
        if (request.ComponentDefinitions.Count > 0 || request.AppDefinition.Dependencies.Count > 0)
        {
            var paths = request.ComponentDefinitions.Select(component => component.DefinitionPath).Union(request.AppDefinition.Dependencies);
            throw Refusal($"Components are not built yet in this version of Fresnel. This app uses {List(paths)}.");
        }
    }

    /// <summary>The refusal.</summary>
    public static DeveloperException Refusal(string message) => new(Code, message);

    /// <summary>Names, quoted, with commas between; a long list is cut.</summary>
    public static string List(IEnumerable<string> names)
    {
        const int Shown = 10;
        string[] all = [.. names];
        var shown = string.Join(", ", all.Take(Shown).Select(name => $"\"{name}\""));
        return all.Length > Shown ? $"{shown} and {all.Length - Shown} more" : shown;
    }
}
