using Fresnel.Functions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Clr;

/// <summary>Calls from one function to another within the same transaction.</summary>
internal static class ClrCalls
{
    /// <summary>Runs it and reads its result.</summary>
    public static async ValueTask<Value> RunAsync(
        ClrInvocation run, TransactionScope scope, FunctionKind kind, string function, ValueObject arguments, CancellationToken cancellationToken)
    {
        var path = FunctionAddress.Parse("1.0/runUdf", function);
        var result = await run.OutsideAsync(token => scope.RunAsync(kind, path, ValueJson.Write(arguments), default, token), cancellationToken);
        return ValueJson.Parse(result.Span, ValueJsonOptions.AllowCommitTimestamp);
    }
}

/// <summary>Whom a function runs for.</summary>
internal sealed class ClrAuth(Func<ValueObject?> userIdentity) : FunctionAuth
{
    /// <inheritdoc/>
    public override ValueTask<ValueObject?> GetUserIdentityAsync(CancellationToken cancellationToken = default) => new(userIdentity());
}
