using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Invocations;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>The engine's side of a syscall, as far as a runner's test needs it. <c>echo</c> answers its arguments.</summary>
internal sealed class FakeScope : InvocationScope
{
    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<LogLine> Lines { get; } = new();

    /// <summary>Answers a syscall; null for the default answers.</summary>
    public Func<string, string, CancellationToken, ValueTask<string>>? Answer { get; init; }

    public Dictionary<string, uint> Tables { get; init; } = new() { ["users"] = 10001 };

    public override IReadOnlyDictionary<string, uint> TableNumbers => Tables;

    public override async ValueTask<ReadOnlyMemory<byte>> SyscallAsync(string operation, ReadOnlyMemory<byte> arguments, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetString(arguments.Span);
        Calls.Enqueue($"{operation} {text}");
        return Encoding.UTF8.GetBytes(Answer is null ? text : await Answer(operation, text, cancellationToken));
    }

    public override void OpenQuery(int queryId, ReadOnlyMemory<byte> query) => Calls.Enqueue($"open {queryId} {Encoding.UTF8.GetString(query.Span)}");

    public override async ValueTask<StreamRows> NextAsync(int queryId, CancellationToken cancellationToken)
    {
        var text = $"{{\"queryId\":{queryId}}}";
        Calls.Enqueue($"1.0/queryStreamNext {text}");
        using var answer = JsonDocument.Parse(Answer is null ? text : await Answer("1.0/queryStreamNext", text, cancellationToken));
        return answer.RootElement.TryGetProperty("value", out var value) && value.ValueKind != JsonValueKind.Null ? new([Encoding.UTF8.GetBytes(value.GetRawText())], false) : new([], true);
    }

    public override void Consume(int queryId, int count) => Calls.Enqueue($"consume {queryId} {count}");

    public override void CloseQuery(int queryId) => Calls.Enqueue($"close {queryId}");

    public override void Log(LogLine line) => Lines.Enqueue(line);
}
