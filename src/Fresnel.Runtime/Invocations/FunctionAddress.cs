using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Which function a syscall names. Source: <c>spec/function-runtime.md</c> §3.3.</summary>
internal static class FunctionAddress
{
    private const string LocalReference = "_reference/function/";

    /// <summary>References that lead into components.</summary>
    private static readonly string[] ComponentReferences = ["_reference/childComponent/", "_reference/componentArgument/", "_reference/currentSystemUdfInComponent/"];

    /// <summary>Reads handle, name or reference, in this order of priority.</summary>
    /// <param name="operation">The syscall, for the text.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="handles">Opens handles.</param>
    /// <param name="component">The component that asks.</param>
    /// <exception cref="DeveloperException">None is there, or it is not a function of this component.</exception>
    public static FunctionPath Read(string operation, JsonElement arguments, FunctionHandles handles, string component)
    {
        if (arguments.Text("functionHandle") is { } handle)
        {
            var (owner, path) = handles.Read(operation, handle);
            return owner == component ? path : throw NotBuiltYet.Error(NotBuiltYet.Components);
        }

        if (arguments.Text("name") is { } name) return Parse(operation, name);
        if (arguments.Text("reference") is not { } reference)
            throw new DeveloperException("InvalidArgument", $"Invalid arguments for `{operation}`: Missing required argument 'name'");
        if (reference.StartsWith(LocalReference, StringComparison.Ordinal)) return Parse(operation, reference[LocalReference.Length..]);
        if (Array.Exists(ComponentReferences, prefix => reference.StartsWith(prefix, StringComparison.Ordinal))) throw NotBuiltYet.Error(NotBuiltYet.Components);
        throw SyscallArguments.Invalid("reference", operation, $"{reference} is not a reference to a function");
    }

    /// <summary>Reads the name of a function of the same component.</summary>
    /// <exception cref="DeveloperException">It is not one.</exception>
    public static FunctionPath Parse(string operation, string name) =>
        FunctionPath.TryParse(name, out var path, out var detail)
            ? path
            : throw SyscallArguments.Invalid("name", operation, $"{name} is not a valid path to a Convex function. {detail}");

    /// <summary>The handle of the function that <c>1.0/createFunctionHandle</c> names; a handle is returned as it came.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="handles">Makes handles.</param>
    /// <param name="code">The code of the component that asks.</param>
    /// <exception cref="DeveloperException">It names no function that is there.</exception>
    public static string CreateHandle(JsonElement arguments, FunctionHandles handles, ComponentCode code)
    {
        const string Operation = "1.0/createFunctionHandle";
        var path = Read(Operation, arguments, handles, code.Component);
        if (arguments.Text("functionHandle") is { } given) return given;
        return code.Functions.ContainsKey(path)
            ? handles.Create(code.Component, path)
            : throw new DeveloperException("FunctionNotFound", $"Could not find function for '{path.Display}'. Did you forget to run `npx convex dev`?");
    }
}
