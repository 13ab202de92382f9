using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.HttpActions;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Node;

/// <summary>The payloads of frames: written and read in one place, so that they can be held against <c>worker/worker.mjs</c>.</summary>
internal static class WorkerMessages
{
    /// <summary>More than any function may have: a day.</summary>
    private const double MostUserMilliseconds = 24 * 60 * 60 * 1000.0;

    /// <summary>Source: <c>spec/function-runtime.md</c> §7.1.</summary>
    private static readonly FrozenSet<string> Levels = new[] { "DEBUG", "INFO", "LOG", "WARN", "ERROR" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Flags of a result.</summary>
    [Flags]
    private enum ResultFlags : byte
    {
        Ok = 1,
        ObservedTime = 2,
        TimedOut = 4,
    }

    /// <summary>What a worker is told first.</summary>
    public static byte[] Setup(string pool, bool analyse, string folder, IReadOnlyDictionary<string, string> variables, bool strictVariables, bool nodeModules, ImportPhase phase, FunctionLimits limits) =>
        Json(json =>
        {
            json.WriteString("pool", pool);
            json.WriteBoolean("analyse", analyse);
            json.WriteString("folder", folder);
            json.WriteStartObject("variables");
            foreach (var (name, value) in variables) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteBoolean("strictVariables", strictVariables);
            json.WriteBoolean("nodeModules", nodeModules);
            json.WriteStartObject("importPhase");
            json.WriteBase64String("seed", phase.Seed.Span);
            json.WriteNumber("now", phase.UnixMilliseconds);
            json.WriteEndObject();
            json.WriteNumber("userTime", limits.UserTime.TotalMilliseconds);
            json.WriteStartObject("limits");
            json.WriteNumber("logLines", limits.LogLines);
            json.WriteNumber("logLineBytes", limits.LogLineBytes);
            json.WriteNumber("concurrentOperations", limits.ConcurrentOperations);
            json.WriteEndObject();
        });

    /// <summary><c>u32 length of the header | header</c>; the arguments follow.</summary>
    /// <param name="invocation">What to run.</param>
    /// <param name="tables">Table numbers, when the worker does not have them yet.</param>
    public static byte[] InvokeHeader(Invocation invocation, IReadOnlyDictionary<string, uint>? tables)
    {
        var header = Json(json =>
        {
            var function = invocation.Function;
            json.WriteString("kind", function.Kind switch { FunctionKind.Query => "query", FunctionKind.Mutation => "mutation", FunctionKind.Action => "action", _ => "http" });
            json.WriteBoolean("node", function.Environment is ModuleEnvironment.Node);
            json.WriteString("module", function.Path.Module + ".js");
            json.WriteString("export", function.Path.Export);
            // The client library sends none from an HTTP action.
            json.WriteString("requestId", function.Kind is FunctionKind.HttpAction ? "" : invocation.InvocationId);
            json.WriteNumber("now", invocation.StartMilliseconds);
            if (invocation.Http is { } exchange) WriteRequest(json, exchange);
            if (function.Kind is FunctionKind.Action or FunctionKind.HttpAction) return;
            json.WriteBase64String("seed", invocation.Seed.Span);
            json.WriteString("snapshot", invocation.SnapshotTimestamp.ToWire());
            if (invocation.IsSnapshotMoving) json.WriteBoolean("moving", true);
            if (invocation.MayPost) json.WriteBoolean("posts", true);
            if (tables is null) return;
            json.WriteStartObject("tables");
            foreach (var (name, number) in tables) json.WriteNumber(name, number);
            json.WriteEndObject();
        });
        var payload = new byte[4 + header.Length];
        BinaryPrimitives.WriteInt32LittleEndian(payload, header.Length);
        header.CopyTo(payload, 4);
        return payload;
    }

    /// <summary><c>{status, headers: [[name, value]…], route}</c></summary>
    public static HttpResponseHead ReadResponseHead(ReadOnlyMemory<byte> payload) => Decode(payload, static payload =>
    {
        using var json = JsonDocument.Parse(payload);
        var root = json.RootElement;
        var status = root.GetProperty("status").GetInt32();
        if (status is < 100 or > 999) throw new FormatException($"A status of {status}");
        return new HttpResponseHead(
            status,
            [.. root.GetProperty("headers").EnumerateArray().Select(pair => KeyValuePair.Create(Text(pair[0]), Text(pair[1])))],
            root.GetProperty("route").GetString());
    });

    /// <summary><c>u32 sequence | u16 length of the operation | operation | arguments</c></summary>
    public static Step ReadSyscall(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 4);
        var (operation, arguments) = ReadOperation(payload[4..]);
        return new Step(FrameKind.Syscall, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span), arguments) { Operation = operation };
    }

    private static (string Operation, ReadOnlyMemory<byte> Arguments) ReadOperation(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 2);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(payload.Span);
        Require(payload, 2 + length);
        return (Encoding.UTF8.GetString(payload.Span.Slice(2, length)), payload[(2 + length)..]);
    }

    /// <summary><c>u16 length of the operation | operation | arguments</c></summary>
    public static Step ReadPost(ReadOnlyMemory<byte> payload)
    {
        var (operation, arguments) = ReadOperation(payload);
        return new Step(FrameKind.Post, 0, arguments) { Operation = operation };
    }

    /// <summary><c>u32 sequence | u32 id of the query</c></summary>
    public static Step ReadNext(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 8);
        return new(FrameKind.Next, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span)) { Query = BinaryPrimitives.ReadInt32LittleEndian(payload.Span[4..]) };
    }

    /// <summary><c>u32 id of the query | u32 how many</c></summary>
    public static Step ReadConsumed(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 8);
        return new(FrameKind.Consumed, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span[4..])) { Query = BinaryPrimitives.ReadInt32LittleEndian(payload.Span) };
    }

    /// <summary><c>u32 sequence | u8 whether the end follows | u32 count | u32 length of each | each</c>, as <c>1.0/queryStreamNext</c> answers it.</summary>
    public static byte[] Rows(uint sequence, StreamRows rows)
    {
        var size = 9 + (rows.Documents.Count * (4 + RowStart.Length + RowEnd.Length));
        foreach (var row in rows.Documents) size += row.Length;
        var payload = new byte[size];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, sequence);
        payload[4] = rows.IsEnd ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(5), rows.Documents.Count);
        var lengths = payload.AsSpan(9);
        var texts = lengths[(rows.Documents.Count * 4)..];
        foreach (var row in rows.Documents)
        {
            BinaryPrimitives.WriteInt32LittleEndian(lengths, RowStart.Length + row.Length + RowEnd.Length);
            lengths = lengths[4..];
            RowStart.CopyTo(texts);
            row.Span.CopyTo(texts[RowStart.Length..]);
            RowEnd.CopyTo(texts[(RowStart.Length + row.Length)..]);
            texts = texts[(RowStart.Length + row.Length + RowEnd.Length)..];
        }

        return payload;
    }

    private static ReadOnlySpan<byte> RowStart => "{\"value\":"u8;

    private static ReadOnlySpan<byte> RowEnd => ",\"done\":false}"u8;

    /// <summary><c>u32 id of the query | arguments</c></summary>
    public static Step ReadQuery(FrameKind kind, ReadOnlyMemory<byte> payload)
    {
        Require(payload, 4);
        return new(kind, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span), payload[4..]);
    }

    /// <summary><c>{level, messages, truncated, at}</c></summary>
    public static Step ReadLog(ReadOnlyMemory<byte> payload) => Decode(payload, static payload =>
    {
        using var json = JsonDocument.Parse(payload);
        var root = json.RootElement;
        var level = Text(root.GetProperty("level"));
        if (!Levels.Contains(level)) throw new FormatException($"A line of level {level}");
        var at = root.GetProperty("at").GetDouble();
        if (!double.IsFinite(at)) throw new FormatException("A line of no time");
        return new Step(FrameKind.Log) { Line = new LogLine(level, Texts(root.GetProperty("messages")), root.GetProperty("truncated").GetBoolean(), at) };
    });

    /// <summary><c>u8 flags | f64 milliseconds of user time | text</c>: the value, or <c>{message, frames, data?}</c>.</summary>
    /// <returns>The result; null when the invocation overran its time.</returns>
    public static InvocationResult? ReadResult(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 9);
        var flags = (ResultFlags)payload.Span[0];
        if (flags.HasFlag(ResultFlags.TimedOut)) return null;
        var milliseconds = BinaryPrimitives.ReadDoubleLittleEndian(payload.Span[1..]);
        if (!(milliseconds >= 0 && milliseconds < MostUserMilliseconds)) throw new MalformedFrameException($"A result after {milliseconds} ms");
        var userTime = TimeSpan.FromMilliseconds(milliseconds);
        var text = payload[9..];
        var observedTime = flags.HasFlag(ResultFlags.ObservedTime);
        return flags.HasFlag(ResultFlags.Ok)
            ? new InvocationResult(text, null, observedTime, userTime)
            : new InvocationResult(default, ReadError(text), observedTime, userTime);
    }

    /// <summary>Reads what was thrown. The data of a ConvexError is checked: it must be a value.</summary>
    public static FunctionError ReadError(ReadOnlyMemory<byte> text) => Decode(text, static text =>
    {
        using var json = JsonDocument.Parse(text);
        return ReadError(json.RootElement);
    });

    /// <inheritdoc cref="ReadError(ReadOnlyMemory{byte})"/>
    public static FunctionError ReadError(JsonElement root)
    {
        var message = Text(root.GetProperty("message"));
        var frames = Texts(root.GetProperty("frames"));
        if (!root.TryGetProperty("data", out var data)) return new FunctionError(message, frames, null);
        try
        {
            return new FunctionError(message, frames, ValueJson.Canonicalize(Encoding.UTF8.GetBytes(Text(data))));
        }
        catch (InvalidValueException invalid)
        {
            return new FunctionError($"ConvexError with invalid data: {invalid.Message}", frames, null);
        }
    }

    /// <summary>The token that a worker shows.</summary>
    public static string ReadHello(ReadOnlyMemory<byte> payload) => Decode(payload, static payload =>
    {
        using var json = JsonDocument.Parse(payload);
        return Text(json.RootElement.GetProperty("token"));
    });

    /// <summary>Whether a module is being imported: a letter.</summary>
    public static bool ReadImporting(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 1);
        return payload.Span[0] == (byte)'1';
    }

    /// <summary>Bytes of a request's body that may be sent.</summary>
    public static int ReadDemand(ReadOnlyMemory<byte> payload)
    {
        Require(payload, 4);
        return BinaryPrimitives.ReadInt32LittleEndian(payload.Span);
    }

    private static string Text(JsonElement json) => json.GetString() ?? throw new FormatException("A text is missing");

    private static IReadOnlyList<string> Texts(JsonElement json) => [.. json.EnumerateArray().Select(Text)];

    private static void Require(ReadOnlyMemory<byte> payload, int length)
    {
        if (payload.Length < length) throw new MalformedFrameException($"A payload of {payload.Length} bytes where {length} are needed");
    }

    /// <summary>Reads JSON that a worker wrote: whatever is wrong with it has one name.</summary>
    private static T Decode<T>(ReadOnlyMemory<byte> payload, Func<ReadOnlyMemory<byte>, T> read)
    {
        try
        {
            return read(payload);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new MalformedFrameException(problem.Message, problem);
        }
    }

    private static void WriteRequest(Utf8JsonWriter json, HttpExchange exchange)
    {
        var request = exchange.Request;
        json.WriteStartObject("http");
        json.WriteString("method", request.Method);
        json.WriteString("url", request.Url);
        json.WriteStartArray("headers");
        foreach (var (name, value) in request.Headers)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteBoolean("hasBody", request.Body is not null);
        json.WriteNumber("headTime", exchange.HeadTime.TotalMilliseconds);
        json.WriteNumber("window", HttpExchange.Window);
        json.WriteEndObject();
    }

    public static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
