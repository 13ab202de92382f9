using System.Buffers;
using System.Buffers.Binary;
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
    /// <summary>Flags of a result.</summary>
    [Flags]
    private enum ResultFlags : byte
    {
        Ok = 1,
        ObservedTime = 2,
        TimedOut = 4,
    }

    /// <summary>What a worker is told first.</summary>
    public static byte[] Setup(string pool, bool analyse, string folder, IReadOnlyDictionary<string, string> variables, bool strictVariables, bool nodeModules, ImportPhase phase, TimeSpan userTime) =>
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
            json.WriteNumber("userTime", userTime.TotalMilliseconds);
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
            if (invocation.Http is { } exchange) WriteRequest(json, exchange.Request);
            if (function.Kind is FunctionKind.Action or FunctionKind.HttpAction) return;
            json.WriteBase64String("seed", invocation.Seed.Span);
            json.WriteString("snapshot", invocation.SnapshotTimestamp.ToWire());
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
    public static HttpResponseHead ReadResponseHead(ReadOnlyMemory<byte> payload)
    {
        using var json = JsonDocument.Parse(payload);
        var root = json.RootElement;
        return new HttpResponseHead(
            root.GetProperty("status").GetInt32(),
            [.. root.GetProperty("headers").EnumerateArray().Select(pair => KeyValuePair.Create(pair[0].GetString()!, pair[1].GetString()!))],
            root.GetProperty("route").GetString());
    }

    /// <summary><c>u32 sequence | u16 length of the operation | operation | arguments</c></summary>
    public static Step ReadSyscall(ReadOnlyMemory<byte> payload)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(payload.Span[4..]);
        return new Step(FrameKind.Syscall, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span), payload[(6 + length)..])
        {
            Operation = Encoding.UTF8.GetString(payload.Span.Slice(6, length)),
        };
    }

    /// <summary><c>u32 id of the query | arguments</c></summary>
    public static Step ReadQuery(FrameKind kind, ReadOnlyMemory<byte> payload) => new(kind, BinaryPrimitives.ReadUInt32LittleEndian(payload.Span), payload[4..]);

    /// <summary><c>{level, messages, truncated, at}</c></summary>
    public static Step ReadLog(ReadOnlyMemory<byte> payload)
    {
        using var json = JsonDocument.Parse(payload);
        var root = json.RootElement;
        return new Step(FrameKind.Log)
        {
            Line = new LogLine(
                root.GetProperty("level").GetString()!,
                [.. root.GetProperty("messages").EnumerateArray().Select(message => message.GetString()!)],
                root.GetProperty("truncated").GetBoolean(),
                root.GetProperty("at").GetDouble()),
        };
    }

    /// <summary><c>u8 flags | f64 milliseconds of user time | text</c>: the value, or <c>{message, frames, data?}</c>.</summary>
    /// <returns>The result; null when the invocation overran its time.</returns>
    public static InvocationResult? ReadResult(ReadOnlyMemory<byte> payload)
    {
        var flags = (ResultFlags)payload.Span[0];
        if (flags.HasFlag(ResultFlags.TimedOut)) return null;
        var userTime = TimeSpan.FromMilliseconds(BinaryPrimitives.ReadDoubleLittleEndian(payload.Span[1..]));
        var text = payload[9..];
        var observedTime = flags.HasFlag(ResultFlags.ObservedTime);
        return flags.HasFlag(ResultFlags.Ok)
            ? new InvocationResult(text, null, observedTime, userTime)
            : new InvocationResult(default, ReadError(text), observedTime, userTime);
    }

    /// <summary>Reads what was thrown. The data of a ConvexError is checked: it must be a value.</summary>
    public static FunctionError ReadError(ReadOnlyMemory<byte> text)
    {
        using var json = JsonDocument.Parse(text);
        return ReadError(json.RootElement);
    }

    /// <inheritdoc cref="ReadError(ReadOnlyMemory{byte})"/>
    public static FunctionError ReadError(JsonElement root)
    {
        var message = root.GetProperty("message").GetString()!;
        List<string> frames = [.. root.GetProperty("frames").EnumerateArray().Select(frame => frame.GetString()!)];
        if (!root.TryGetProperty("data", out var data)) return new FunctionError(message, frames, null);
        try
        {
            return new FunctionError(message, frames, ValueJson.Canonicalize(Encoding.UTF8.GetBytes(data.GetString()!)));
        }
        catch (InvalidValueException invalid)
        {
            return new FunctionError($"ConvexError with invalid data: {invalid.Message}", frames, null);
        }
    }

    /// <summary>The token that a worker shows.</summary>
    public static string ReadHello(ReadOnlyMemory<byte> payload)
    {
        using var json = JsonDocument.Parse(payload);
        return json.RootElement.GetProperty("token").GetString() ?? "";
    }

    private static void WriteRequest(Utf8JsonWriter json, HttpActionRequest request)
    {
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
