using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>The name of a function: a module path without <c>.js</c> and an export. <c>m</c>, <c>m:default</c> and <c>m.js:default</c> are the same.</summary>
/// <param name="Module">POSIX path without <c>.js</c>, e.g. <c>admin/reports</c>.</param>
/// <param name="Export">The export; <c>default</c> for the default one.</param>
/// <remarks>Source: <c>spec/client-protocol.md</c> §2.11, <c>spec/function-runtime.md</c> §1.3.</remarks>
public readonly record struct FunctionPath(string Module, string Export)
{
    private const int ComponentLength = 64;
    private const string Extension = ".js";

    /// <summary>Whether only admin identities may call it.</summary>
    public bool IsSystem => Module.StartsWith("_system/", StringComparison.Ordinal);

    /// <summary>As errors show it: without <c>.js</c> and without <c>:default</c>.</summary>
    public string Display => Export == "default" ? Module : $"{Module}:{Export}";

    /// <summary>As <c>_scheduled_functions</c> and some texts have it: <c>messages.js:send</c>.</summary>
    public string Canonical => $"{Module}{Extension}:{Export}";

    /// <summary>Reads any of the spellings; false when it is not a path (the detail says why).</summary>
    public static bool TryParse(string text, out FunctionPath path, out string detail)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.LastIndexOf(':');
        var module = colon < 0 ? text : text[..colon];
        var export = colon < 0 ? "default" : text[(colon + 1)..];
        if (module.EndsWith(Extension, StringComparison.Ordinal)) module = module[..^Extension.Length];

        path = new(module, export);
        detail = ModuleProblem(module) ?? (Identifier.IsValid(export) ? "" : $"\"{export}\" is not the name of an export.");
        return detail.Length == 0;
    }

    /// <summary>The form <c>module:export</c>.</summary>
    public override string ToString() => $"{Module}:{Export}";

    private static string? ModuleProblem(string module)
    {
        if (module.Length == 0) return "It does not name a module.";
        if (module[0] == '/') return "It must be relative.";
        foreach (var range in module.AsSpan().Split('/'))
        {
            var component = module.AsSpan()[range];
            if (component.IsEmpty) return "It has an empty component.";
            if (component.Length > ComponentLength) return $"\"{component}\" is longer than {ComponentLength} characters.";
            if (!component.ContainsAnyInRange('a', 'z') && !component.ContainsAnyInRange('A', 'Z') && !component.ContainsAnyInRange('0', '9'))
                return $"\"{component}\" has no letter or digit.";
            foreach (var character in component)
            {
                // A hyphen is not in the client's list, but bundlers make modules of files that have one.
                if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '.' or '-'))
                    return $"\"{component}\" may only have letters, digits, underscores and periods.";
            }
        }

        return Path.GetExtension(module) is "" ? null : $"The extension of \"{module}\" is not js.";
    }
}
