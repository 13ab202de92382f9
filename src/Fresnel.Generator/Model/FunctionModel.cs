namespace Fresnel.Generator.Model;

/// <summary>A function, as far as its registration needs to know it.</summary>
/// <param name="Module">The module path.</param>
/// <param name="Export">The export.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsInternal">Whether clients may not call it.</param>
/// <param name="Method">The method, fully qualified.</param>
/// <param name="Context">The type of its first parameter, fully qualified.</param>
/// <param name="Fields">The fields of its arguments, in the order of its parameters.</param>
/// <param name="TakesCancellation">Whether its last parameter is a cancellation token.</param>
/// <param name="Result">What it returns.</param>
internal sealed record FunctionModel(
    string Module,
    string Export,
    FunctionKind Kind,
    bool IsInternal,
    string Method,
    string Context,
    EquatableArray<FieldModel> Fields,
    bool TakesCancellation,
    ResultModel Result)
{
    /// <summary>The function path.</summary>
    public string Path => $"{Module}:{Export}";
}

/// <summary>What a function is; the names are those of its attributes and contexts, and of <c>RegisteredKind</c>.</summary>
internal enum FunctionKind
{
    Query,
    Mutation,
    Action,
}

/// <summary>A field of the arguments object.</summary>
internal sealed record FieldModel(string Name, ValueShape Shape, bool IsOptional);

/// <summary>What a method returns.</summary>
/// <param name="Shape">The type of the value, or null when there is none.</param>
/// <param name="IsNullable">Whether it may be null.</param>
/// <param name="IsAwaited">Whether it comes in a task.</param>
internal sealed record ResultModel(ValueShape? Shape, bool IsNullable, bool IsAwaited);

/// <summary>A C# type that stands for a value.</summary>
internal enum ValueShape
{
    Value,
    Object,
    String,
    ByteArray,
    ByteMemory,
    Boolean,
    Float64,
    Int64,
}

/// <summary>What was read of one marked method.</summary>
/// <param name="Function">The function, or null when it is not well formed.</param>
/// <param name="Problems">What is wrong with it.</param>
/// <param name="Place">Where its name stands.</param>
internal sealed record ParsedFunction(FunctionModel? Function, EquatableArray<Problem> Problems, Place Place);
