using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Which function a syscall names. Source: <c>spec/function-runtime.md</c> §3.3.</summary>
internal static class FunctionAddress
{
    private const string LocalReference = "_reference/function/";

    /// <summary>Reads handle, name or reference, in this order of priority.</summary>
    /// <param name="operation">The syscall, for the text.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="DeveloperException">None is there, or it is not a function of this component.</exception>
    public static FunctionPath Read(string operation, JsonElement arguments)
    {
        if (arguments.Text("functionHandle") is not null) throw NotBuiltYet.Error(NotBuiltYet.FunctionHandles);
        if (arguments.Text("name") is { } name) return Parse(operation, name);
        if (arguments.Text("reference") is not { } reference)
            throw new DeveloperException("InvalidArgument", $"Invalid arguments for `{operation}`: Missing required argument 'name'");
        if (reference.StartsWith(LocalReference, StringComparison.Ordinal)) return Parse(operation, reference[LocalReference.Length..]);
        throw NotBuiltYet.Error(NotBuiltYet.Components);
    }

    /// <summary>Reads the name of a function of the same component.</summary>
    /// <exception cref="DeveloperException">It is not one.</exception>
    public static FunctionPath Parse(string operation, string name) =>
        FunctionPath.TryParse(name, out var path, out var detail)
            ? path
            : throw new DeveloperException("InvalidArgument", $"Invalid argument `name` for `{operation}`: {name} is not a valid path to a Convex function. {detail}");
}
