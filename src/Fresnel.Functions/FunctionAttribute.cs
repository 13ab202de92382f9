namespace Fresnel.Functions;

/// <summary>Marks a static method as a function that clients and other functions may call.</summary>
/// <remarks>
/// Its first parameter is a context, its last may be a <see cref="CancellationToken"/>; the ones between are the fields of its arguments, by name.
/// What stands where is checked while compiling, with diagnostics FRNL001 and following.
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public abstract class FunctionAttribute : Attribute
{
    /// <summary>The export. By default the method's name with a small first letter and without <c>Async</c>: <c>ListAsync</c> is <c>list</c>.</summary>
    public string? Name { get; init; }

    /// <summary>Whether only other functions, the scheduler and admins may call it. Default false.</summary>
    public bool Internal { get; init; }
}

/// <summary>A function that reads, and whose result is live: it runs again when what it read was written.</summary>
/// <remarks>It must depend on nothing but its arguments and its <see cref="QueryContext"/>.</remarks>
public sealed class QueryAttribute : FunctionAttribute;

/// <summary>A function that reads and writes in one transaction, and is run again when it conflicts with another.</summary>
/// <remarks>It must have no effect but through its <see cref="MutationContext"/>.</remarks>
public sealed class MutationAttribute : FunctionAttribute;

/// <summary>A function with side effects; it is not a transaction, and is run at most once.</summary>
public sealed class ActionAttribute : FunctionAttribute;
