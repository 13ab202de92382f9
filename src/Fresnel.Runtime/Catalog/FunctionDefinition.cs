using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>What a function is.</summary>
public enum FunctionKind
{
    /// <summary>Reads, deterministic, live.</summary>
    Query,

    /// <summary>Reads and writes in one transaction, deterministic.</summary>
    Mutation,

    /// <summary>Has side effects; not a transaction.</summary>
    Action,

    /// <summary>Answers an HTTP request.</summary>
    HttpAction,
}

/// <summary>Who may call a function.</summary>
public enum FunctionVisibility
{
    /// <summary>Everybody.</summary>
    Public,

    /// <summary>Other functions, the scheduler and admins.</summary>
    Internal,
}

/// <summary>Where the code of a module runs.</summary>
public enum ModuleEnvironment
{
    /// <summary>The default runtime.</summary>
    Isolate,

    /// <summary>A module that begins with <c>"use node"</c>.</summary>
    Node,

    /// <summary>C#, in process.</summary>
    Clr,
}

/// <summary>A function as it was analysed when its code was pushed.</summary>
/// <param name="Path">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Visibility">Who may call it.</param>
/// <param name="Environment">Where it runs.</param>
/// <param name="Arguments">The check of its arguments: an object validator, or <see cref="Validator.Any"/>.</param>
/// <param name="Returns">The check of its result, or null when none is declared.</param>
public sealed record FunctionDefinition(FunctionPath Path, FunctionKind Kind, FunctionVisibility Visibility, ModuleEnvironment Environment, Validator Arguments, Validator? Returns);
