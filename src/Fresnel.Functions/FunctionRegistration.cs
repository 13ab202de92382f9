using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>A C# function as the source generator registers it.</summary>
/// <param name="Module">The module path, e.g. <c>_system/cli/tables</c>.</param>
/// <param name="Export">The export, e.g. <c>default</c>.</param>
/// <param name="Kind">Query, mutation or action.</param>
/// <param name="IsInternal">Whether clients may not call it.</param>
/// <param name="ArgumentsJson">The validator of its arguments.</param>
/// <param name="ReturnsJson">The validator of its result, or null.</param>
/// <param name="Invoke">Runs it: context and arguments in, result out. The arguments were checked; the context is of the kind that the method asks for.</param>
public sealed record FunctionRegistration(
    string Module,
    string Export,
    RegisteredKind Kind,
    bool IsInternal,
    string ArgumentsJson,
    string? ReturnsJson,
    Func<FunctionContext, ValueObject, CancellationToken, ValueTask<Value>> Invoke);

/// <summary>What a C# function is.</summary>
public enum RegisteredKind
{
    /// <summary>Reads.</summary>
    Query,

    /// <summary>Reads and writes in one transaction.</summary>
    Mutation,

    /// <summary>Has side effects.</summary>
    Action,
}
