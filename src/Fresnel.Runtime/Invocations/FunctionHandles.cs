using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Function handles: strings that name a function of a component, for whoever is given one. <c>function://id#module:export</c></summary>
/// <remarks>
/// The id is the component and the path, sealed. So it is the same at every push, also after the function was away for some time; making one writes nothing,
/// which queries must not; and nobody makes one up, since whoever has a handle may call what it names, internal functions included.
/// What stands behind the # is for people. Source: <c>spec/function-runtime.md</c> §9.4.
/// </remarks>
/// <param name="secret">The deployment's secret.</param>
internal sealed class FunctionHandles(byte[] secret)
{
    private const string Scheme = "function://";
    private readonly Sealer _sealer = new(secret, "function handle");

    /// <summary>The handle of a function.</summary>
    public string Create(string component, FunctionPath path) => $"{Scheme}{_sealer.Seal(Encoding.UTF8.GetBytes($"{component}\n{path}"))}#{path}";

    /// <summary>What a handle names; the function itself may be gone.</summary>
    /// <exception cref="DeveloperException">It is none of this deployment.</exception>
    public (string Component, FunctionPath Path) Read(string operation, string handle)
    {
        if (handle.StartsWith(Scheme, StringComparison.Ordinal) && _sealer.TryOpen(handle[Scheme.Length..].Split('#', 2)[0], out var content))
        {
            var parts = Encoding.UTF8.GetString(content.Span).Split('\n');
            if (FunctionPath.TryParse(parts[1], out var path, out _)) return (parts[0], path);
        }

        throw SyscallArguments.Invalid("functionHandle", operation, "It is not a function handle of this deployment");
    }
}
