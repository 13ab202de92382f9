using Fresnel.Server.HttpActions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Fresnel.Server;

/// <summary>Puts a fork before the application's pipeline: requests that came through the site are for HTTP actions and see nothing else of it.</summary>
internal sealed class SiteStartupFilter(IOptions<FresnelOptions> options) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, rest) => http.IsSite(options.Value) ? HttpActionEndpoint.AnswerAsync(http) : rest(http));
        next(app);
    };
}
