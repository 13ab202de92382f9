namespace Fresnel.Functions;

/// <summary>Marks a static class whose marked methods are the functions of one module.</summary>
/// <param name="path">POSIX path without an ending, e.g. <c>messages</c> or <c>admin/reports</c>; with an export it makes a function path, <c>messages:list</c>.</param>
/// <remarks>Two classes may share a path; two functions may not.</remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class FunctionModuleAttribute(string path) : Attribute
{
    /// <summary>The module path.</summary>
    public string Path => path;
}
