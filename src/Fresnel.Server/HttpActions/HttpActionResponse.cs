using Fresnel.Runtime.HttpActions;
using Microsoft.AspNetCore.Http;

namespace Fresnel.Server.HttpActions;

/// <summary>Writes the answer of an HTTP action: each piece leaves at once, so that readers hear words as they come.</summary>
internal sealed class HttpActionResponse(HttpContext http) : IHttpActionResponse
{
    /// <inheritdoc/>
    public async ValueTask StartAsync(int status, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        http.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            // How the bytes travel is between this server and its client.
            if (name.ToLowerInvariant() is not ("connection" or "keep-alive" or "transfer-encoding")) http.Response.Headers.Append(name, value);
        }

        // The client hears of the head before there is a body: starting alone does not send it.
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    /// <inheritdoc/>
    public void Abort() => http.Abort();
}
