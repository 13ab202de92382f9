using Fresnel.Runtime.Catalog;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What syscalls refuse, in the words of <c>spec/function-runtime.md</c> §3 and §6 and <c>spec/data-model.md</c> §1.6, 5.5.</summary>
internal static class SyscallErrors
{
    public static DeveloperException UnknownOperation(string operation) => new("UnknownOperation", $"Unknown async operation {operation}");

    public static DeveloperException TooManyConcurrent() => new(
        "TooManyConcurrentOperations", "Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.");

    public static DeveloperException NotAvailable(string what, FunctionKind kind) => new(
        "OperationNotAvailable", $"{what} is not available in {kind switch { FunctionKind.Query => "a query", FunctionKind.Mutation => "a mutation", _ => "an action" }}.");

    public static DeveloperException SystemTable() => new("SystemTableError", "System tables can only be accessed with db.system.");

    public static DeveloperException UserTable() => new("SystemTableError", "User tables cannot be accessed with db.system.");

    public static DeveloperException ReadOnlyTable(string table) => new("ReadOnlyTable", $"{table} is a read-only table");

    public static DeveloperException MetadataTable(string table) => new("InvalidTableName", $"Invalid table name {table} starts with metadata prefix '_'");

    public static DeveloperException TooDeep() => new("TooManyNestedCalls", "Cross component call depth limit exceeded. Do you have an infinite loop in your app?");

    public static DeveloperException StaleFromQuery() => new("OperationNotAvailable", "`useStaleSnapshot` is only supported in mutations, not queries.");

    public static DeveloperException NoService(string service) => new(
        "ServiceNotAvailable", $"The service {service} is not available on this deployment: it belongs to Convex's cloud. Call a service of your own with fetch() and a key from an environment variable.");

    public static DeveloperException MutationFromQuery() => new("WrongFunctionType", "Cannot call a Mutation function from a Query function");

    public static DeveloperException TooManyScheduled(int limit) => new(
        "TooManyFunctionsScheduled", $"Too many functions scheduled by this mutation (limit: {limit})");

    public static DeveloperException ScheduledArgumentsTooLarge(long limit) => new(
        "ScheduledFunctionsArgumentsTooLarge", $"Too large total size of the arguments of scheduled functions from this mutation (limit: {limit} bytes)");
}
