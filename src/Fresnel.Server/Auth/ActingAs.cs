using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Fresnel.Values;

namespace Fresnel.Server.Auth;

/// <summary>The user that an admin acts as: attributes as <c>getUserIdentity()</c> returns them. Source: <c>spec/client-protocol.md</c> §4.6.</summary>
internal static class ActingAs
{
    /// <summary>Reads the part of an <c>Authorization</c> header behind the key.</summary>
    public static AdminIdentity FromHeader(string base64)
    {
        try
        {
            return FromJson(Convert.FromBase64String(base64));
        }
        catch (Exception exception) when (exception is FormatException or DeveloperException)
        {
            throw RequestException.BadRequest("HeaderParseFailure", "Malformed Authorization header.");
        }
    }

    /// <summary>Reads the attributes.</summary>
    /// <exception cref="DeveloperException">They are not an object, or say neither who it is.</exception>
    public static AdminIdentity FromJson(ReadOnlySpan<byte> json)
    {
        var value = ValueJson.Parse(json);
        if (value.Kind != ValueKind.Object) throw new DeveloperException("InvalidIdentity", "The attributes of an identity are an object.");

        var attributes = value.AsObject();
        if (attributes["tokenIdentifier"].Kind == ValueKind.String) return new AdminIdentity(attributes);
        if (attributes["issuer"].Kind != ValueKind.String || attributes["subject"].Kind != ValueKind.String)
        {
            throw new DeveloperException("InvalidIdentity", "Either \"tokenIdentifier\" or \"issuer\" and \"subject\" must be set");
        }

        return new AdminIdentity(attributes.With("tokenIdentifier", $"{attributes["issuer"].AsString()}|{attributes["subject"].AsString()}"));
    }
}
