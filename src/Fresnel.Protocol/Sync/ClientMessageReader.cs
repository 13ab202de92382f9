using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Protocol.Sync;

/// <summary>Reads what clients say. Unknown fields are passed over; whatever else is wrong is an <see cref="InvalidMessageException"/>.</summary>
/// <remarks>A message is read twice: once for its type, which may stand anywhere, and once for the fields of that type. Arguments are kept as the bytes that came.</remarks>
public static class ClientMessageReader
{
    // Arguments nest 64 deep at most, with four levels of message around them; somewhat deeper ones are left to the function's check, which says so.
    private const int MaxDepth = 128;

    private const string Types = "`Connect`, `ModifyQuerySet`, `Mutation`, `Action`, `Authenticate`, `Event`";

    /// <summary>Reads a message.</summary>
    /// <exception cref="InvalidMessageException">It is not one.</exception>
    public static ClientMessage Read(ReadOnlySpan<byte> message)
    {
        try
        {
            var type = ReadType(message);
            var fields = new FieldReader(message);
            return type switch
            {
                "Connect" => ReadConnect(ref fields),
                "ModifyQuerySet" => ReadModifyQuerySet(ref fields),
                "Mutation" => new MutationMessage(ReadCall(ref fields)),
                "Action" => new ActionMessage(ReadCall(ref fields)),
                "Authenticate" => ReadAuthenticate(ref fields),
                "Event" => ReadEvent(ref fields),
                _ => throw new InvalidMessageException($"unknown variant `{type}`, expected one of {Types}"),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escape that is half of a surrogate pair, or bytes that are not UTF-8.
            throw new InvalidMessageException(exception.Message);
        }
    }

    private static string ReadType(ReadOnlySpan<byte> message)
    {
        string? type = null;
        var fields = new FieldReader(message);
        while (fields.Next())
        {
            if (fields.Is("type"u8)) type = fields.String();
            else fields.Skip();
        }

        return type ?? throw Missing("type");
    }

    private static Connect ReadConnect(ref FieldReader fields)
    {
        string? sessionId = null;
        uint? connectionCount = null;
        string? lastCloseReason = null;
        Timestamp? maxObserved = null;
        double? clientMilliseconds = null;
        while (fields.Next())
        {
            if (fields.Is("sessionId"u8)) sessionId = fields.String();
            else if (fields.Is("connectionCount"u8)) connectionCount = fields.UInt32();
            else if (fields.Is("lastCloseReason"u8)) lastCloseReason = fields.StringOrNull();
            else if (fields.Is("maxObservedTimestamp"u8)) maxObserved = fields.TimestampOrNull();
            else if (fields.Is("clientTs"u8)) clientMilliseconds = fields.DoubleOrNull();
            else fields.Skip();
        }

        if (!Guid.TryParseExact(sessionId, "D", out _)) throw sessionId is null ? Missing("sessionId") : Bad("sessionId", "a UUID");
        return new Connect(sessionId, connectionCount ?? throw Missing("connectionCount"), lastCloseReason, maxObserved, clientMilliseconds);
    }

    private static ModifyQuerySet ReadModifyQuerySet(ref FieldReader fields)
    {
        uint? baseVersion = null;
        uint? newVersion = null;
        List<QuerySetModification>? modifications = null;
        while (fields.Next())
        {
            if (fields.Is("baseVersion"u8)) baseVersion = fields.UInt32();
            else if (fields.Is("newVersion"u8)) newVersion = fields.UInt32();
            else if (fields.Is("modifications"u8)) modifications = ReadModifications(ref fields);
            else fields.Skip();
        }

        return new ModifyQuerySet(
            baseVersion ?? throw Missing("baseVersion"), newVersion ?? throw Missing("newVersion"), modifications ?? throw Missing("modifications"));
    }

    private static List<QuerySetModification> ReadModifications(ref FieldReader fields)
    {
        var modifications = new List<QuerySetModification>();
        fields.EnterArray("modifications");
        while (fields.EnterElement("modifications")) modifications.Add(ReadModification(ref fields));
        return modifications;
    }

    private static QuerySetModification ReadModification(ref FieldReader fields)
    {
        string? type = null;
        uint? queryId = null;
        string? path = null;
        ReadOnlyMemory<byte>? arguments = null;
        string? journal = null;
        string? componentPath = null;
        while (fields.Next())
        {
            if (fields.Is("type"u8)) type = fields.String();
            else if (fields.Is("queryId"u8)) queryId = fields.UInt32();
            else if (fields.Is("udfPath"u8)) path = fields.String();
            else if (fields.Is("args"u8)) arguments = fields.Array();
            else if (fields.Is("journal"u8)) journal = fields.StringOrNull();
            else if (fields.Is("componentPath"u8)) componentPath = fields.StringOrNull();
            else fields.Skip();
        }

        var id = queryId ?? throw Missing("queryId");
        return type switch
        {
            "Add" => new AddQuery(id, path ?? throw Missing("udfPath"), arguments ?? throw Missing("args"), journal, componentPath),
            "Remove" => new RemoveQuery(id),
            null => throw Missing("type"),
            _ => throw new InvalidMessageException($"unknown variant `{type}`, expected `Add` or `Remove`"),
        };
    }

    private static RequestedCall ReadCall(ref FieldReader fields)
    {
        uint? requestId = null;
        string? path = null;
        ReadOnlyMemory<byte>? arguments = null;
        string? componentPath = null;
        while (fields.Next())
        {
            if (fields.Is("requestId"u8)) requestId = fields.UInt32();
            else if (fields.Is("udfPath"u8)) path = fields.String();
            else if (fields.Is("args"u8)) arguments = fields.Array();
            else if (fields.Is("componentPath"u8)) componentPath = fields.StringOrNull();
            else fields.Skip();
        }

        return new RequestedCall(requestId ?? throw Missing("requestId"), path ?? throw Missing("udfPath"), arguments ?? throw Missing("args"), componentPath);
    }

    private static Authenticate ReadAuthenticate(ref FieldReader fields)
    {
        uint? baseVersion = null;
        string? tokenType = null;
        string? token = null;
        ReadOnlyMemory<byte>? impersonating = null;
        while (fields.Next())
        {
            if (fields.Is("baseVersion"u8)) baseVersion = fields.UInt32();
            else if (fields.Is("tokenType"u8)) tokenType = fields.String();
            else if (fields.Is("value"u8)) token = fields.StringOrNull();
            else if (fields.Is("impersonating"u8)) impersonating = fields.RawOrNull();
            else fields.Skip();
        }

        var type = tokenType switch
        {
            "None" => TokenType.None,
            "User" => TokenType.User,
            "Admin" => TokenType.Admin,
            null => throw Missing("tokenType"),
            _ => throw new InvalidMessageException($"unknown variant `{tokenType}`, expected one of `Admin`, `User`, `None`"),
        };
        if (type != TokenType.None && token is null) throw Missing("value");
        return new Authenticate(baseVersion ?? throw Missing("baseVersion"), type, token, impersonating);
    }

    private static ClientEvent ReadEvent(ref FieldReader fields)
    {
        var eventType = "";
        while (fields.Next())
        {
            if (fields.Is("eventType"u8)) eventType = fields.RawOrNull() is { } raw ? System.Text.Encoding.UTF8.GetString(raw.Span).Trim('"') : "";
            else fields.Skip();
        }

        return new ClientEvent(eventType);
    }

    private static InvalidMessageException Missing(string field) => new($"missing field `{field}`");

    private static InvalidMessageException Bad(string field, string expected) => new($"field `{field}` must be {expected}");

    /// <summary>Walks over the fields of an object. Each step leaves the reader on a field's value, which must then be read or skipped.</summary>
    private ref struct FieldReader
    {
        private readonly ReadOnlySpan<byte> _message;
        private Utf8JsonReader _json;
        private string? _field;

        public FieldReader(ReadOnlySpan<byte> message)
        {
            _message = message;
            _json = new(message, new JsonReaderOptions { MaxDepth = MaxDepth });
            _json.Read();
            if (_json.TokenType != JsonTokenType.StartObject) throw new InvalidMessageException("a message is a JSON object");
        }

        /// <summary>Moves to the next field of the object, or past its end.</summary>
        public bool Next()
        {
            _json.Read();
            if (_json.TokenType != JsonTokenType.EndObject) return true;
            if (_json.CurrentDepth == 0) _json.Read(); // Nothing may follow the message; the reader throws when something does.
            return false;
        }

        /// <summary>Whether this is the field; if so the reader moves on to its value.</summary>
        public bool Is(ReadOnlySpan<byte> name)
        {
            if (!_json.ValueTextEquals(name)) return false;
            _field = System.Text.Encoding.UTF8.GetString(name);
            _json.Read();
            return true;
        }

        /// <summary>Passes over a field that <see cref="Is"/> did not know.</summary>
        public void Skip() => _json.Skip();

        public readonly string String() => _json.TokenType == JsonTokenType.String ? _json.GetString()! : throw Bad(_field!, "a string");

        public readonly string? StringOrNull() => _json.TokenType == JsonTokenType.Null ? null : String();

        public readonly uint UInt32() =>
            _json.TokenType == JsonTokenType.Number && _json.TryGetUInt32(out var number) ? number : throw Bad(_field!, "a whole number below 2^32");

        public readonly double? DoubleOrNull() => _json.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.Number when double.IsFinite(_json.GetDouble()) => _json.GetDouble(),
            _ => throw Bad(_field!, "a finite number"),
        };

        public readonly Timestamp? TimestampOrNull()
        {
            if (_json.TokenType == JsonTokenType.Null) return null;
            return Timestamp.TryParseWire(String(), out var timestamp) ? timestamp : throw Bad(_field!, "a timestamp");
        }

        public ReadOnlyMemory<byte> Array() => _json.TokenType == JsonTokenType.StartArray ? Raw() : throw Bad(_field!, "an array");

        public ReadOnlyMemory<byte>? RawOrNull() => _json.TokenType == JsonTokenType.Null ? default(ReadOnlyMemory<byte>?) : Raw();

        public readonly void EnterArray(string field)
        {
            if (_json.TokenType != JsonTokenType.StartArray) throw Bad(field, "an array");
        }

        /// <summary>Moves into the next object of an array, or past its end.</summary>
        public bool EnterElement(string field)
        {
            _json.Read();
            if (_json.TokenType == JsonTokenType.EndArray) return false;
            return _json.TokenType == JsonTokenType.StartObject ? true : throw Bad(field, "an array of objects");
        }

        private byte[] Raw()
        {
            var start = (int)_json.TokenStartIndex;
            _json.Skip();
            return _message[start..(int)_json.BytesConsumed].ToArray();
        }
    }
}
