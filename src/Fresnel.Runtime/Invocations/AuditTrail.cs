using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What the functions of a tree entered into the audit log: held back until the tree has succeeded. Source: <c>spec/function-runtime.md</c> §3.7.</summary>
internal sealed class AuditTrail(FunctionLimits limits)
{
    private readonly List<AuditEntry> _entries = [];

    /// <summary>How many there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Those so far, in order.</summary>
    public IReadOnlyList<AuditEntry> Entries => _entries;

    /// <summary>Takes an entry.</summary>
    /// <param name="given">The arguments of <c>1.0/auditLog</c>.</param>
    /// <exception cref="DeveloperException">It is not one, or there are too many.</exception>
    public void Add(JsonElement given)
    {
        var entry = AuditEntry.Read(given);
        if (entry.Bytes > limits.AuditEntryBytes)
            throw new DeveloperException("AuditLogBodyTooLarge", $"Audit log body is too large (actual: {ByteSize.Print(entry.Bytes)}, limit: {ByteSize.Print(limits.AuditEntryBytes)})");
        if (_entries.Count >= limits.AuditEntries)
            throw new DeveloperException("TooManyAuditLogs", $"Too many audit logs in a single function execution (limit: {limits.AuditEntries})");
        _entries.Add(entry);
    }

    /// <summary>Drops the entries of a call that failed.</summary>
    public void CutTo(int count) => _entries.RemoveRange(count, _entries.Count - count);
}
