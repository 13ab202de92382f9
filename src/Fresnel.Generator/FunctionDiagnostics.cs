using Microsoft.CodeAnalysis;

namespace Fresnel.Generator;

/// <summary>Everything that can be wrong with a marked method. A number is never used again.</summary>
internal static class FunctionDiagnostics
{
    public static readonly DiagnosticDescriptor NotStatic = Error(
        "FRNL001", "A function is a static method",
        "'{0}' is not static; a function keeps nothing between calls but what it writes to the database");

    public static readonly DiagnosticDescriptor NoModule = Error(
        "FRNL002", "A function stands in a module",
        "'{0}' is a function, but its class '{1}' is not marked with [FunctionModule(\"path\")]");

    public static readonly DiagnosticDescriptor InvalidModule = Error(
        "FRNL003", "A module path is made of names and slashes",
        "'{0}' is not a module path; write names of letters, digits, underscores and dots, joined by slashes and without '.js'");

    public static readonly DiagnosticDescriptor InvalidExport = Error(
        "FRNL004", "An export is an ASCII identifier",
        "'{0}' is not the name of an export; give one of letters, digits and underscores with Name");

    public static readonly DiagnosticDescriptor NoContext = Error(
        "FRNL005", "The first parameter is the context",
        "The first parameter of the {1} '{0}' must be of type {2}");

    public static readonly DiagnosticDescriptor UnsupportedParameter = Error(
        "FRNL006", "A parameter has a type that stands for a value",
        "The parameter '{0}' of '{1}' has type '{2}'; use string, bool, double (a number), long (a bigint), byte[], ReadOnlyMemory<byte>, ValueObject or Value, nullable when the field is optional");

    public static readonly DiagnosticDescriptor UnsupportedResult = Error(
        "FRNL007", "A result has a type that stands for a value",
        "'{0}' returns '{1}'; use void, string, bool, double (a number), long (a bigint), byte[], ReadOnlyMemory<byte>, ValueObject or Value, perhaps in a Task or ValueTask");

    public static readonly DiagnosticDescriptor Duplicate = Error(
        "FRNL008", "A function path names one function",
        "There is another function '{0}'; give one of them another Name");

    public static readonly DiagnosticDescriptor Inaccessible = Error(
        "FRNL009", "A function can be called from its assembly",
        "'{0}' cannot be called from the rest of the assembly; make it and its class internal or public");

    public static readonly DiagnosticDescriptor Generic = Error(
        "FRNL010", "A function is not generic",
        "'{0}' or its class has type parameters, and nobody to give them");

    public static readonly DiagnosticDescriptor SeveralKinds = Error(
        "FRNL011", "A function is of one kind",
        "'{0}' is marked as more than one of [Query], [Mutation] and [Action]");

    public static readonly DiagnosticDescriptor PassedByReference = Error(
        "FRNL012", "A parameter is passed by value",
        "The parameter '{0}' of '{1}' is passed by reference");

    public static readonly DiagnosticDescriptor HasDefault = Error(
        "FRNL013", "An optional parameter is nullable",
        "The parameter '{0}' of '{1}' has a default value that would never be used; make it nullable, which makes the field optional");

    public static readonly DiagnosticDescriptor InvalidField = Error(
        "FRNL014", "A parameter is named like a field",
        "The parameter '{0}' of '{1}' names a field of the arguments; use ASCII letters, digits and underscores");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "Fresnel.Functions", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
