using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>Puts the commit's timestamp where a mutation's result holds its placeholder. Source: <c>spec/function-runtime.md</c> §2.</summary>
internal static class CommitTimestamps
{
    /// <summary>The result with the timestamp in it; the same bytes when there is no placeholder.</summary>
    public static ReadOnlyMemory<byte> Resolve(ReadOnlyMemory<byte> json, Timestamp timestamp) =>
        json.Span.IndexOf("\"$commitTs\""u8) < 0
            ? json
            : ValueJson.Write(Resolve(ValueJson.Parse(json.Span, ValueJsonOptions.AllowCommitTimestamp), timestamp));

    private static Value Resolve(Value value, Timestamp timestamp)
    {
        if (value.IsCommitTimestamp) return Value.Int64(timestamp.Nanoseconds);
        if (value.Kind == ValueKind.Array)
        {
            var elements = value.AsArray().ToArray();
            for (var i = 0; i < elements.Length; i++) elements[i] = Resolve(elements[i], timestamp);
            return Value.Array(elements);
        }

        return value.Kind == ValueKind.Object
            ? ValueObject.From(value.AsObject().Select(field => KeyValuePair.Create(field.Key, Resolve(field.Value, timestamp))))
            : value;
    }
}
