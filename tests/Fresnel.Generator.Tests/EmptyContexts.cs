using Fresnel.Functions;
using Fresnel.Values;

namespace Fresnel.Generator.Tests;

/// <summary>A query context with nothing behind it: enough for functions that only look at their arguments.</summary>
internal sealed class EmptyQueryContext : QueryContext
{
    public override DatabaseReader Database => throw new NotSupportedException();

    public override FunctionAuth Auth => throw new NotSupportedException();

    public override FunctionLogger Log => throw new NotSupportedException();

    public override IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>();

    public override DateTimeOffset Now => DateTimeOffset.UnixEpoch;

    public override Random Random => throw new NotSupportedException();

    public override ValueTask<Value> RunQueryAsync(string function, ValueObject arguments, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
