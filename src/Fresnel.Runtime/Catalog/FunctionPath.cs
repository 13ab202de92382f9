namespace Fresnel.Runtime.Catalog;

/// <summary>The name of a function: a module path without <c>.js</c> and an export. <c>m</c>, <c>m:default</c> and <c>m.js:default</c> are the same.</summary>
/// <param name="Module">POSIX path without <c>.js</c>, e.g. <c>admin/reports</c>.</param>
/// <param name="Export">The export; <c>default</c> for the default one.</param>
/// <remarks>Source: <c>spec/client-protocol.md</c> §2.11, <c>spec/function-runtime.md</c> §1.3.</remarks>
public readonly record struct FunctionPath(string Module, string Export)
{
    /// <summary>Reads any of the spellings; false when it is not a path (the detail says why).</summary>
    public static bool TryParse(string text, out FunctionPath path, out string detail) => throw new NotImplementedException();

    /// <summary>Whether only admin identities may call it.</summary>
    public bool IsSystem => Module.StartsWith("_system/", StringComparison.Ordinal);

    /// <summary>As errors show it: without <c>.js</c> and without <c>:default</c>.</summary>
    public string Display => Export == "default" ? Module : $"{Module}:{Export}";

    /// <summary>As <c>_scheduled_functions</c> and some texts have it: <c>messages.js:send</c>.</summary>
    public string Canonical => $"{Module}.js:{Export}";

    /// <summary>The form <c>module:export</c>.</summary>
    public override string ToString() => $"{Module}:{Export}";
}
