using System.Collections.Immutable;
using Fresnel.Generator.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Fresnel.Generator;

/// <summary>Reads a marked method into a model, or says what is wrong with it.</summary>
internal static class FunctionParser
{
    public static ParsedFunction Parse(GeneratorAttributeSyntaxContext found, FunctionKind kind)
    {
        var method = (IMethodSymbol)found.TargetSymbol;
        var place = Place.Of(method);
        var problems = new List<Problem>();

        CheckMethod(method, kind, found.SemanticModel.Compilation, place, problems);
        var module = ReadModule(method, place, problems);
        var export = ReadExport(method, found.Attributes[0], place, problems);
        var context = ReadContext(method, kind, place, problems);
        var takesCancellation = method.Parameters.Length > 1 && IsNamed(method.Parameters[method.Parameters.Length - 1].Type, "System.Threading", "CancellationToken");
        var fields = method.Parameters.Skip(1).Take(method.Parameters.Length - (takesCancellation ? 2 : 1))
            .Select(parameter => ReadField(parameter, method, problems)).ToList();
        var result = ReadResult(method, place, problems);

        return problems.Count > 0
            ? new(null, problems.ToEquatableArray(), place)
            : new(
                new(module!, export!, kind, IsInternal(found.Attributes[0]), NameOf(method), context!, fields.Select(field => field!).ToEquatableArray(), takesCancellation, result!),
                default,
                place);
    }

    /// <summary>Functions whose path another one has already taken; the first in the order of files and lines keeps it.</summary>
    public static IEnumerable<Problem> FindDuplicates(ImmutableArray<ParsedFunction> all) =>
        from one in all
        where one.Function is not null
        orderby one.Place.File, one.Place.Span.Start
        group one by one.Function!.Path into same
        from later in same.Skip(1)
        select new Problem(FunctionDiagnostics.Duplicate, later.Place, same.Key);

    private static void CheckMethod(IMethodSymbol method, FunctionKind kind, Compilation compilation, Place place, List<Problem> problems)
    {
        if (!method.IsStatic) problems.Add(new(FunctionDiagnostics.NotStatic, place, method.Name));
        if (method.IsGenericMethod || method.ContainingType.IsGenericType) problems.Add(new(FunctionDiagnostics.Generic, place, method.Name));
        if (!compilation.IsSymbolAccessibleWithin(method, compilation.Assembly)) problems.Add(new(FunctionDiagnostics.Inaccessible, place, method.Name));

        // Each kind is parsed on its own, so only the first one speaks of the others.
        var kinds = method.GetAttributes().Select(attribute => KindOf(attribute.AttributeClass)).Where(one => one is not null).ToList();
        if (kinds.Count > 1 && kinds.Min() == kind) problems.Add(new(FunctionDiagnostics.SeveralKinds, place, method.Name));
    }

    private static FunctionKind? KindOf(INamedTypeSymbol? attribute)
    {
        foreach (var kind in new[] { FunctionKind.Query, FunctionKind.Mutation, FunctionKind.Action })
        {
            if (attribute is not null && IsNamed(attribute, "Fresnel.Functions", $"{kind}Attribute")) return kind;
        }

        return null;
    }

    private static string? ReadModule(IMethodSymbol method, Place place, List<Problem> problems)
    {
        var attribute = method.ContainingType.GetAttributes()
            .FirstOrDefault(one => one.AttributeClass is { } type && IsNamed(type, "Fresnel.Functions", "FunctionModuleAttribute"));
        if (attribute is null)
        {
            problems.Add(new(FunctionDiagnostics.NoModule, place, method.Name, method.ContainingType.Name));
            return null;
        }

        var path = attribute.ConstructorArguments.FirstOrDefault().Value as string ?? "";
        if (!IsModulePath(path)) problems.Add(new(FunctionDiagnostics.InvalidModule, place, path));
        return path;
    }

    private static bool IsModulePath(string path) =>
        !path.EndsWith(".js", StringComparison.Ordinal)
        && path.Split('/').All(name => name.Any(c => c != '.') && name.All(c => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '_' or '.'));

    private static string ReadExport(IMethodSymbol method, AttributeData attribute, Place place, List<Problem> problems)
    {
        var export = attribute.NamedArguments.FirstOrDefault(argument => argument.Key == "Name").Value.Value as string ?? ExportOf(method.Name);
        if (!IsIdentifier(export)) problems.Add(new(FunctionDiagnostics.InvalidExport, place, export));
        return export;
    }

    private static string ExportOf(string method)
    {
        var name = method.EndsWith("Async", StringComparison.Ordinal) && method.Length > 5 ? method.Substring(0, method.Length - 5) : method;
        return char.ToLowerInvariant(name[0]) + name.Substring(1);
    }

    private static bool IsInternal(AttributeData attribute) =>
        attribute.NamedArguments.FirstOrDefault(argument => argument.Key == "Internal").Value.Value is true;

    private static string? ReadContext(IMethodSymbol method, FunctionKind kind, Place place, List<Problem> problems)
    {
        if (method.Parameters.FirstOrDefault()?.Type is INamedTypeSymbol type && ContextKindOf(type) == kind) return type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

        problems.Add(new(FunctionDiagnostics.NoContext, place, method.Name, kind.ToString().ToLowerInvariant(), $"{kind}Context"));
        return null;
    }

    /// <summary>What the type is a context of. A mutation's is also a query's, so the nearest ancestor decides.</summary>
    private static FunctionKind? ContextKindOf(INamedTypeSymbol type)
    {
        for (var ancestor = type; ancestor is not null; ancestor = ancestor.BaseType)
        {
            foreach (var kind in new[] { FunctionKind.Query, FunctionKind.Mutation, FunctionKind.Action })
            {
                if (IsNamed(ancestor, "Fresnel.Functions", $"{kind}Context")) return kind;
            }
        }

        return null;
    }

    private static FieldModel? ReadField(IParameterSymbol parameter, IMethodSymbol method, List<Problem> problems)
    {
        var place = Place.Of(parameter);
        if (parameter.RefKind != RefKind.None) problems.Add(new(FunctionDiagnostics.PassedByReference, place, parameter.Name, method.Name));
        if (!IsIdentifier(parameter.Name)) problems.Add(new(FunctionDiagnostics.InvalidField, place, parameter.Name, method.Name));

        var type = WithoutNullable(parameter.Type, out var isNullable);
        if (parameter is { HasExplicitDefaultValue: true } && !isNullable || parameter is { HasExplicitDefaultValue: true, ExplicitDefaultValue: not null })
        {
            problems.Add(new(FunctionDiagnostics.HasDefault, place, parameter.Name, method.Name));
        }

        if (ShapeOf(type) is { } shape) return new(parameter.Name, shape, isNullable);

        problems.Add(new(FunctionDiagnostics.UnsupportedParameter, place, parameter.Name, method.Name, parameter.Type.ToDisplayString()));
        return null;
    }

    private static ResultModel? ReadResult(IMethodSymbol method, Place place, List<Problem> problems)
    {
        var returned = method.ReturnType;
        var isAwaited = IsNamed(returned, "System.Threading.Tasks", "Task") || IsNamed(returned, "System.Threading.Tasks", "ValueTask");
        if (isAwaited)
        {
            var awaited = (INamedTypeSymbol)returned;
            if (!awaited.IsGenericType) return new(null, false, true);
            returned = awaited.TypeArguments[0];
        }
        else if (method.ReturnsVoid && !method.IsAsync)
        {
            return new(null, false, false);
        }

        var type = WithoutNullable(returned, out var isNullable);
        if (ShapeOf(type) is { } shape && !method.ReturnsByRef && !method.ReturnsByRefReadonly) return new(shape, isNullable, isAwaited);

        problems.Add(new(FunctionDiagnostics.UnsupportedResult, place, method.Name, method.ReturnType.ToDisplayString()));
        return null;
    }

    private static ITypeSymbol WithoutNullable(ITypeSymbol type, out bool isNullable)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            isNullable = true;
            return nullable.TypeArguments[0];
        }

        isNullable = type is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.Annotated };
        return type;
    }

    private static ValueShape? ShapeOf(ITypeSymbol type) => type switch
    {
        { SpecialType: SpecialType.System_String } => ValueShape.String,
        { SpecialType: SpecialType.System_Boolean } => ValueShape.Boolean,
        { SpecialType: SpecialType.System_Double } => ValueShape.Float64,
        { SpecialType: SpecialType.System_Int64 } => ValueShape.Int64,
        IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte } => ValueShape.ByteArray,
        INamedTypeSymbol { IsGenericType: true } memory
            when IsNamed(memory, "System", "ReadOnlyMemory") && memory.TypeArguments[0].SpecialType == SpecialType.System_Byte => ValueShape.ByteMemory,
        _ when IsNamed(type, "Fresnel.Values", "Value") => ValueShape.Value,
        _ when IsNamed(type, "Fresnel.Values", "ValueObject") => ValueShape.Object,
        _ => null,
    };

    private static bool IsNamed(ITypeSymbol type, string @namespace, string name) =>
        type.Name == name && type.ContainingType is null && type.ContainingNamespace?.ToDisplayString() == @namespace;

    private static bool IsIdentifier(string text) =>
        text.Length is > 0 and <= 64
        && text.All(c => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' or '_')
        && text[0] is not (>= '0' and <= '9')
        && text.Any(c => c != '_');

    private static string NameOf(IMethodSymbol method)
    {
        var name = SyntaxFacts.GetKeywordKind(method.Name) == SyntaxKind.None ? method.Name : "@" + method.Name;
        return $"{method.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}.{name}";
    }
}
