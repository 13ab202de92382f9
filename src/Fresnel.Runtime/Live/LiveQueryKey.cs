using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Live;

/// <summary>What makes two subscriptions the same live query, whoever asks. Admins are told apart from others, because they reach functions that for others do not exist.</summary>
internal sealed class LiveQueryKey : IEquatable<LiveQueryKey>
{
    private readonly int _hash;

    private LiveQueryKey(string component, FunctionPath path, ReadOnlyMemory<byte> arguments, string? journal, bool isAdmin)
    {
        Component = component;
        Path = path;
        Arguments = arguments;
        Journal = journal;
        IsAdmin = isAdmin;

        var hash = new HashCode();
        hash.Add(component);
        hash.Add(path);
        hash.AddBytes(arguments.Span);
        hash.Add(journal);
        hash.Add(isAdmin);
        _hash = hash.ToHashCode();
    }

    public string Component { get; }

    public FunctionPath Path { get; }

    /// <summary>Canonical JSON; as they came when they are not values (the function's check says so).</summary>
    public ReadOnlyMemory<byte> Arguments { get; }

    public string? Journal { get; }

    public bool IsAdmin { get; }

    /// <summary>The key of a call, with canonical arguments.</summary>
    public static LiveQueryKey Of(FunctionCall call, string? journal, Identity identity) => new(call.Component, call.Path, call.Arguments, journal, identity.IsAdmin);

    /// <summary>Arguments as the key compares them.</summary>
    public static ReadOnlyMemory<byte> Canonicalize(ReadOnlyMemory<byte> arguments)
    {
        try
        {
            return ValueJson.Canonicalize(arguments);
        }
        catch (InvalidValueException)
        {
            return arguments;
        }
    }

    public bool Equals(LiveQueryKey? other) =>
        other is not null && _hash == other._hash && Component == other.Component && Path == other.Path && Journal == other.Journal && IsAdmin == other.IsAdmin &&
        Arguments.Span.SequenceEqual(other.Arguments.Span);

    public override bool Equals(object? obj) => Equals(obj as LiveQueryKey);

    public override int GetHashCode() => _hash;
}
