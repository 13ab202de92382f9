using Fresnel.Server.Errors;
using Microsoft.Extensions.Options;

namespace Fresnel.Server.Auth;

/// <summary>Who holds an admin key of this deployment.</summary>
internal sealed class AdminAccess
{
    private readonly FresnelOptions _options;
    private readonly Lazy<string> _secret;

    public AdminAccess(IOptions<FresnelOptions> options)
    {
        _options = options.Value;
        _secret = new(() => _options.InstanceSecret ?? InstanceSecretFile.ReadOrCreate(_options.DataFolder, _options.Entropy));
    }

    /// <summary>Makes a key.</summary>
    public string CreateKey() => AdminKeys.Create(_options.InstanceName, _secret.Value, _options.Time);

    /// <summary>Whether the key is one of this deployment.</summary>
    public bool IsValid(string key) =>
        (_options.AdminKey is { Length: > 0 } stated && AdminKeys.MatchesStated(key, stated, _options.InstanceName)) ||
        AdminKeys.Verify(key, _options.InstanceName, _secret.Value);

    /// <summary>401: a key was given and is not one.</summary>
    public static RequestException BadAdminKey() =>
        new(RequestErrorKind.Unauthenticated, "BadAdminKey", "The provided admin key was invalid for this instance");

    /// <summary>403: a key is required here, and a bad one or none was given.</summary>
    public RequestException BadDeployKey(bool wasGiven)
    {
        var deployment = wasGiven ? $"deployment '{_options.InstanceName}'" : "this deployment";
        return new(
            RequestErrorKind.Forbidden,
            "BadDeployKey",
            $"The provided deploy key was invalid for {deployment}. Double check that the environment this key was generated for matches the desired deployment.");
    }
}
