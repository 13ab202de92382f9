using System.Text.Json;
using Fresnel.Testing;

namespace Fresnel.Values.Tests;

/// <summary>Reads <c>tests/vectors</c>.</summary>
internal static class Vectors
{
    public static JsonElement Load(string name)
    {
        using var stream = File.OpenRead(RepositoryFiles.PathOf($"tests/vectors/{name}.json"));
        return JsonDocument.Parse(stream).RootElement;
    }

    /// <summary>A value as the vectors write it: encoded JSON, undefined included.</summary>
    public static Value ToValue(this JsonElement json) => ValueJson.Parse(json, ValueJsonOptions.AllowUndefined);

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
