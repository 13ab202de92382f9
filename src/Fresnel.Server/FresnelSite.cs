using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Fresnel.Server;

/// <summary>The second origin of a deployment: where its HTTP actions are served, and nothing else of the application.</summary>
public static class FresnelSite
{
    /// <summary>Marks a listener as the site: every request that comes through it is for HTTP actions. Works with port 0.</summary>
    public static ListenOptions UseFresnelSite(this ListenOptions listener)
    {
        listener.ApplicationServices.GetRequiredService<SiteListeners>().Add(listener);
        listener.Use(next => connection =>
        {
            connection.Features.Set(SiteMark.Instance);
            return next(connection);
        });
        return listener;
    }

    /// <summary>Whether a request came through the site. The features of a connection are seen through those of its requests.</summary>
    internal static bool IsSite(this HttpContext http, FresnelOptions options) =>
        http.Features.Get<SiteMark>() is not null || (options.SitePort is { } port && http.Connection.LocalPort == port);

    private sealed class SiteMark
    {
        public static SiteMark Instance { get; } = new();
    }
}

/// <summary>The listeners marked as the site; once bound, their end points have the real ports.</summary>
internal sealed class SiteListeners
{
    private readonly List<ListenOptions> _listeners = [];

    public IReadOnlyList<ListenOptions> All => _listeners;

    public void Add(ListenOptions listener) => _listeners.Add(listener);
}
