namespace Fresnel.Simulation.Histories;

/// <summary>What a client did to one key within a transaction, and what it saw. Prints itself in the notation of <see cref="HistoryNotation"/>.</summary>
/// <param name="Key">The key; one key is a list, or a register, or the rows of a range, never two of these.</param>
internal abstract record Operation(string Key)
{
    protected static string Join(long[] values) => string.Join(',', values);
}

/// <summary>Puts a value at the end of a list. No value is given to a key twice.</summary>
internal sealed record Append(string Key, long Value) : Operation(Key)
{
    public override string ToString() => $"{Key}+{Value}";
}

/// <summary>Reads a whole list.</summary>
internal sealed record ReadList(string Key, long[] Values) : Operation(Key)
{
    public override string ToString() => $"{Key}[{Join(Values)}]";
}

/// <summary>Writes a register. No value is given to a key twice.</summary>
internal sealed record Write(string Key, long Value) : Operation(Key)
{
    public override string ToString() => $"{Key}={Value}";
}

/// <summary>Reads a register; null when nobody wrote to it yet.</summary>
internal sealed record Read(string Key, long? Value) : Operation(Key)
{
    public override string ToString() => $"{Key}?{Value?.ToString() ?? "-"}";
}

/// <summary>Adds a row to a range of an index. No value is given to a key twice, and rows stay.</summary>
internal sealed record AddRow(string Key, long Value) : Operation(Key)
{
    public override string ToString() => $"{Key}<{Value}";
}

/// <summary>Reads all rows of a range; their order says nothing.</summary>
internal sealed record ReadRows(string Key, long[] Values) : Operation(Key)
{
    public override string ToString() => $"{Key}{{{Join(Values)}}}";
}
