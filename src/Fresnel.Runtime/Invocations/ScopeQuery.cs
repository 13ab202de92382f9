using Fresnel.Engine;
using Fresnel.Engine.Queries;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>A query of a function: as text until its first document is asked for.</summary>
internal sealed class ScopeQuery
{
    /// <summary>Documents of the first look ahead, and of any; each look is four times as wide as the one before, since who takes many will take more.</summary>
    private const int FirstLook = 16, WidestLook = 512;
    private const int MostBytesAhead = 256 << 10;

    private readonly ReadOnlyMemory<byte> _json;
    private readonly QueryDefinition? _definition;
    private int _look = FirstLook;

    /// <summary>Takes the arguments of <c>1.0/queryStream</c>, or the query alone.</summary>
    public ScopeQuery(ReadOnlyMemory<byte> json) => _json = json;

    /// <summary>Takes a query that was built.</summary>
    public ScopeQuery(QueryDefinition definition) => _definition = definition;

    /// <summary>Null until the first document is asked for.</summary>
    public QueryStream? Stream { get; set; }

    /// <summary>What was looked at behind the document that was read last.</summary>
    public List<Document> Ahead { get; } = [];

    /// <summary>How many of them may still be consumed, the end counted as one.</summary>
    public int Promised { get; set; }

    /// <summary>Looks at what comes next. Says whether the end is among it.</summary>
    public bool LookAhead((int Documents, long Bytes) headroom)
    {
        var isEnd = Stream!.Peek(Ahead, Math.Min(_look, headroom.Documents), Math.Min(MostBytesAhead, headroom.Bytes));
        _look = Math.Min(_look * 4, WidestLook);
        Promised = Ahead.Count + (isEnd ? 1 : 0);
        return isEnd;
    }

    /// <summary>What is asked.</summary>
    /// <exception cref="DeveloperException">The JSON is not a query.</exception>
    public QueryDefinition Parse()
    {
        if (_definition is not null) return _definition;
        using var json = SyscallArguments.Parse("1.0/queryStream", _json);
        return QueryDefinition.Parse(json.RootElement.TryGetProperty("query", out var query) ? query : json.RootElement);
    }
}
