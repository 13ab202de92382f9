using Fresnel.Functions;
using Fresnel.Values;

namespace Fresnel.Runtime.Catalog;

/// <summary>The C# functions of a deployment, as definitions. They are known when it starts and do not change.</summary>
internal sealed class ClrFunctions
{
    private readonly FunctionDefinition[] _definitions;

    /// <summary>Takes what the source generator registered.</summary>
    /// <exception cref="ArgumentException">Two functions have one path.</exception>
    public ClrFunctions(IReadOnlyList<FunctionRegistration> registrations)
    {
        _definitions = [.. registrations.Select(Define)];
        var twice = _definitions.GroupBy(definition => definition.Path).FirstOrDefault(group => group.Skip(1).Any());
        if (twice is not null) throw new ArgumentException($"Two C# functions are registered as {twice.Key}.", nameof(registrations));
    }

    /// <summary>Those that a component has: the system's own in each, the others in the app.</summary>
    public IEnumerable<FunctionDefinition> Of(string component) => _definitions.Where(definition => component.Length == 0 || definition.Path.IsSystem);

    private static FunctionDefinition Define(FunctionRegistration registration) => new(
        new FunctionPath(registration.Module, registration.Export),
        registration.Kind switch
        {
            RegisteredKind.Query => FunctionKind.Query,
            RegisteredKind.Mutation => FunctionKind.Mutation,
            _ => FunctionKind.Action,
        },
        registration.IsInternal ? FunctionVisibility.Internal : FunctionVisibility.Public,
        ModuleEnvironment.Clr,
        CallValidation.ParseArguments(registration.ArgumentsJson) ?? Validator.Any,
        CallValidation.ParseResult(registration.ReturnsJson));
}
