using System.Text;
using Fresnel.Values;

namespace Fresnel.Functions;

/// <summary>An error whose data is meant for the client, also in production: a <c>ConvexError</c> as <c>convex/values</c> knows it.</summary>
public sealed class ConvexErrorException : DeveloperException
{
    /// <summary>Makes the error.</summary>
    /// <param name="data">What the client finds in <c>error.data</c>.</param>
    public ConvexErrorException(Value data) : this(data, ValueJson.Write(data))
    {
    }

    private ConvexErrorException(Value data, byte[] json)
        : base("ConvexError", data.Kind == ValueKind.String ? data.AsString() : Encoding.UTF8.GetString(json), json) => DataValue = data;

    /// <summary>What the client finds in <c>error.data</c>.</summary>
    public Value DataValue { get; }
}
