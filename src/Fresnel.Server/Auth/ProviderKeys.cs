using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Server.Errors;

namespace Fresnel.Server.Auth;

/// <summary>Gets and keeps the keys of providers: by OIDC discovery, from a URL, or out of a <c>data:</c> URI.</summary>
/// <remarks>
/// What was fetched is kept for ten minutes. A token that none of the keys made lets it be fetched again, at most twice a minute, so that a
/// provider can change its keys and a forger cannot make us ask without end; until that fetch has succeeded the keys serve those whom they can serve.
/// Callers that want the same at once share one fetch, and a failure is told for a second before it is tried again.
/// </remarks>
internal sealed class ProviderKeys(HttpClient http, TimeProvider time)
{
    /// <summary>Addresses that are kept; there is one or two per provider, and providers come by pushes.</summary>
    private const int MostKept = 256;

    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BetweenFetches = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenFailures = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The client that providers are asked with: bounded in time, in bytes and in redirections.</summary>
    public static HttpClient CreateClient(HttpMessageHandler? handler = null) => new(handler ?? new SocketsHttpHandler
    {
        MaxAutomaticRedirections = 3,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    })
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 1 << 20,
    };

    /// <summary>The keys of an OIDC provider.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="isEnough">Whether they hold what is looked for; else they are fetched again, if they are not fresh.</param>
    /// <param name="cancellationToken">Ends the wait, not the fetch.</param>
    /// <exception cref="RequestException">They cannot be had.</exception>
    public async ValueTask<JsonWebKeySet> OfAsync(OidcProvider provider, Func<JsonWebKeySet, bool> isEnough, CancellationToken cancellationToken)
    {
        var address = (string)await GetAsync($"discovery {provider.NormalIssuer}", async () => await DiscoverAsync(provider), _ => true, cancellationToken);
        return (JsonWebKeySet)await GetAsync($"oidc {address}", async () => await FetchDiscoveredAsync(provider, address), keys => isEnough((JsonWebKeySet)keys), cancellationToken);
    }

    /// <summary>The keys of a provider that states where they are.</summary>
    /// <inheritdoc cref="OfAsync(OidcProvider, Func{JsonWebKeySet, bool}, CancellationToken)"/>
    public async ValueTask<JsonWebKeySet> OfAsync(CustomJwtProvider provider, Func<JsonWebKeySet, bool> isEnough, CancellationToken cancellationToken) =>
        (JsonWebKeySet)await GetAsync($"jwks {provider.Jwks}", async () => await FetchStatedAsync(provider.Jwks), keys => isEnough((JsonWebKeySet)keys), cancellationToken);

    private async ValueTask<object> GetAsync(string name, Func<Task<object>> fetch, Func<object, bool> isEnough, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = FindOrAdd(name, fetch);
            if (entry is { HasSucceeded: false, Before: { } before } && time.GetElapsedTime(before.Began) < Kept && isEnough(before.Found)) return before.Found;
            if (entry.HasFailed && time.GetElapsedTime(entry.Began) >= BetweenFailures)
            {
                FetchAgain(name, entry, fetch, entry.Before);
                continue;
            }

            var found = await entry.Fetch.Value.WaitAsync(cancellationToken);
            var age = time.GetElapsedTime(entry.Began);
            if (age < Kept && (isEnough(found) || age < BetweenFetches)) return found;
            FetchAgain(name, entry, fetch, new(found, entry.Began));
        }
    }

    private Entry FindOrAdd(string name, Func<Task<object>> fetch)
    {
        if (_entries.TryGetValue(name, out var entry)) return entry;
        if (_entries.Count >= MostKept) _entries.Clear();
        return _entries.GetOrAdd(name, _ => new(time.GetTimestamp(), new(fetch), null));
    }

    private void FetchAgain(string name, Entry entry, Func<Task<object>> fetch, Known? before) => _entries.TryUpdate(name, new(time.GetTimestamp(), new(fetch), before), entry);

    private async Task<string> DiscoverAsync(OidcProvider provider)
    {
        var issuer = provider.NormalIssuer;
        using var response = await SendAsync($"{issuer}/.well-known/openid-configuration", detail => TokenRefusals.Discovery(issuer, null, detail));
        // Whatever encoding its header names, JSON is UTF-8; the platform would throw at a name that it does not know.
        var body = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync()).TrimStart('\uFEFF');
        if (!response.IsSuccessStatusCode) throw TokenRefusals.Discovery(issuer, response.StatusCode, body);
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.TryGetProperty("jwks_uri", out var address) && address.GetString() is { } text && Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                return text;
            throw new JsonException("missing field `jwks_uri`");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw TokenRefusals.Discovery(issuer, null, exception.Message);
        }
    }

    private async Task<JsonWebKeySet> FetchDiscoveredAsync(OidcProvider provider, string address)
    {
        RequestException Refuse(string detail) => TokenRefusals.Discovery(provider.NormalIssuer, null, detail);
        using var response = await SendAsync(address, Refuse);
        var body = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode) throw TokenRefusals.Discovery(provider.NormalIssuer, response.StatusCode, Encoding.UTF8.GetString(body));
        return Parse(body, detail => Refuse($"the JWKS is invalid: {detail}"));
    }

    private async Task<JsonWebKeySet> FetchStatedAsync(string address)
    {
        if (address.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return Parse(ReadData(address), detail => TokenRefusals.KeysInvalid(address, detail));
        using var response = await SendAsync(address, detail => TokenRefusals.KeysUnreachable(address, detail));
        if (!response.IsSuccessStatusCode) throw TokenRefusals.KeysUnreachable(address, $"HTTP {(int)response.StatusCode} {response.ReasonPhrase}");
        var type = response.Content.Headers.ContentType?.MediaType ?? "";
        if (type is not ("application/json" or "application/jwk-set+json")) throw TokenRefusals.KeysOfWrongType(address, type);
        return Parse(await response.Content.ReadAsByteArrayAsync(), detail => TokenRefusals.KeysInvalid(address, detail));
    }

    private async Task<HttpResponseMessage> SendAsync(string address, Func<string, RequestException> refuse)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
            return await http.SendAsync(request);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or UriFormatException or InvalidOperationException)
        {
            throw refuse(exception is OperationCanceledException ? "it did not answer in time" : exception.Message);
        }
    }

    private static JsonWebKeySet Parse(ReadOnlyMemory<byte> json, Func<string, RequestException> refuse)
    {
        try
        {
            return JsonWebKeySet.Parse(json);
        }
        catch (JsonException exception)
        {
            throw refuse(exception.Message);
        }
    }

    /// <summary>What a <c>data:</c> URI holds: <c>data:[type][;base64],content</c>.</summary>
    private static byte[] ReadData(string uri)
    {
        var comma = uri.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0) throw TokenRefusals.KeysInvalid(uri, "it has no comma");
        var content = WebUtility.UrlDecode(uri[(comma + 1)..].Replace("+", "%2B", StringComparison.Ordinal));
        if (!uri.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase)) return Encoding.UTF8.GetBytes(content);
        try
        {
            return content.AsSpan().ContainsAny('-', '_') ? Base64Url.DecodeFromChars(content) : Convert.FromBase64String(content);
        }
        catch (FormatException exception)
        {
            throw TokenRefusals.KeysInvalid(uri, exception.Message);
        }
    }

    private sealed record Known(object Found, long Began);

    private sealed record Entry(long Began, Lazy<Task<object>> Fetch, Known? Before)
    {
        public bool HasSucceeded => Fetch is { IsValueCreated: true, Value.IsCompletedSuccessfully: true };

        public bool HasFailed => Fetch is { IsValueCreated: true, Value: { IsCompleted: true, IsCompletedSuccessfully: false } };
    }
}
