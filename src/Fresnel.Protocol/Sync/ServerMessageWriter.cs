using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fresnel.Protocol.Sync;

/// <summary>Writes what the server says. Values are copied as the bytes they are, never parsed.</summary>
public static class ServerMessageWriter
{
    // The readers are JSON parsers, not pages: only what JSON demands is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes a message.</summary>
    public static void Write(ServerMessage message, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, Options);
        json.WriteStartObject();
        switch (message)
        {
            case Transition transition: WriteTransition(json, transition); break;
            case TransitionChunk chunk: WriteChunk(json, chunk); break;
            case MutationResponse response: WriteMutationResponse(json, response); break;
            case ActionResponse response: WriteActionResponse(json, response); break;
            case AuthError error: WriteAuthError(json, error); break;
            case FatalError error: WriteFatalError(json, error); break;
            case Ping: json.WriteString("type"u8, "Ping"u8); break;
            default: throw new InvalidOperationException($"{message.GetType()} is not of the family.");
        }

        json.WriteEndObject();
    }

    // {"type":"Transition","startVersion":V,"endVersion":V,"modifications":[M…],"clientClockSkew"?:ms,"serverTs"?:ns}
    private static void WriteTransition(Utf8JsonWriter json, Transition transition)
    {
        json.WriteString("type"u8, "Transition"u8);
        WriteVersion(json, "startVersion"u8, transition.Start);
        WriteVersion(json, "endVersion"u8, transition.End);
        json.WriteStartArray("modifications"u8);
        foreach (var modification in transition.Modifications) WriteModification(json, modification);
        json.WriteEndArray();
        if (transition.Clock is not { } clock) return;
        json.WriteNumber("clientClockSkew"u8, clock.ClientClockSkewMilliseconds);
        json.WriteNumber("serverTs"u8, clock.ServerNanoseconds);
    }

    // {"querySet":n,"identity":n,"ts":Ts}
    private static void WriteVersion(Utf8JsonWriter json, ReadOnlySpan<byte> name, StateVersion version)
    {
        json.WriteStartObject(name);
        json.WriteNumber("querySet"u8, version.QuerySet);
        json.WriteNumber("identity"u8, version.Identity);
        json.WriteString("ts"u8, version.Timestamp.ToWire());
        json.WriteEndObject();
    }

    // {"type":"QueryUpdated"|"QueryFailed"|"QueryRemoved","queryId":n, …}
    private static void WriteModification(Utf8JsonWriter json, StateModification modification)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, modification.Result switch { null => "QueryRemoved"u8, { ErrorMessage: null } => "QueryUpdated"u8, _ => "QueryFailed"u8 });
        json.WriteNumber("queryId"u8, modification.QueryId);
        if (modification.Result is { } result)
        {
            if (result.ErrorMessage is null) WriteRaw(json, "value"u8, result.Value);
            else json.WriteString("errorMessage"u8, result.ErrorMessage);
            WriteLogLines(json, result);
            json.WriteString("journal"u8, modification.Journal);
            if (result.ErrorData is { } data) WriteRaw(json, "errorData"u8, data);
        }

        json.WriteEndObject();
    }

    // {"type":"TransitionChunk","chunk":text,"partNumber":n,"totalParts":n,"transitionId":text}
    private static void WriteChunk(Utf8JsonWriter json, TransitionChunk chunk)
    {
        json.WriteString("type"u8, "TransitionChunk"u8);
        json.WriteString("chunk"u8, chunk.Chunk.Span);
        json.WriteNumber("partNumber"u8, chunk.PartNumber);
        json.WriteNumber("totalParts"u8, chunk.TotalParts);
        json.WriteString("transitionId"u8, chunk.TransitionId);
    }

    // {"type":"MutationResponse","requestId":n,"success":b,"result":value|text,"ts":Ts|null,"logLines":[…],"errorData"?:value}
    private static void WriteMutationResponse(Utf8JsonWriter json, MutationResponse response)
    {
        json.WriteString("type"u8, "MutationResponse"u8);
        WriteOutcome(json, response.RequestId, response.Result);
        json.WriteString("ts"u8, response.Result.ErrorMessage is null ? response.Timestamp?.ToWire() : null);
        WriteLogLines(json, response.Result);
        if (response.Result.ErrorData is { } data) WriteRaw(json, "errorData"u8, data);
    }

    // {"type":"ActionResponse","requestId":n,"success":b,"result":value|text,"logLines":[…],"errorData"?:value}
    private static void WriteActionResponse(Utf8JsonWriter json, ActionResponse response)
    {
        json.WriteString("type"u8, "ActionResponse"u8);
        WriteOutcome(json, response.RequestId, response.Result);
        WriteLogLines(json, response.Result);
        if (response.Result.ErrorData is { } data) WriteRaw(json, "errorData"u8, data);
    }

    private static void WriteOutcome(Utf8JsonWriter json, uint requestId, CallResult result)
    {
        json.WriteNumber("requestId"u8, requestId);
        json.WriteBoolean("success"u8, result.ErrorMessage is null);
        if (result.ErrorMessage is null) WriteRaw(json, "result"u8, result.Value);
        else json.WriteString("result"u8, result.ErrorMessage);
    }

    private static void WriteLogLines(Utf8JsonWriter json, CallResult result)
    {
        json.WriteStartArray("logLines"u8);
        foreach (var line in result.LogLines) json.WriteStringValue(line);
        json.WriteEndArray();
    }

    // {"type":"AuthError","error":text,"baseVersion":n,"authUpdateAttempted":b}
    private static void WriteAuthError(Utf8JsonWriter json, AuthError error)
    {
        json.WriteString("type"u8, "AuthError"u8);
        json.WriteString("error"u8, error.Error);
        json.WriteNumber("baseVersion"u8, error.BaseVersion);
        json.WriteBoolean("authUpdateAttempted"u8, error.AuthUpdateAttempted);
    }

    // {"type":"FatalError","error":text}
    private static void WriteFatalError(Utf8JsonWriter json, FatalError error)
    {
        json.WriteString("type"u8, "FatalError"u8);
        json.WriteString("error"u8, error.Error);
    }

    private static void WriteRaw(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlyMemory<byte> value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value.Span, skipInputValidation: true);
    }
}
