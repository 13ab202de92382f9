using Fresnel.Server.Auth;
using Fresnel.Server.HttpApi;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fresnel.Server;

/// <summary>Adds Fresnel to an application.</summary>
public static class FresnelServiceCollectionExtensions
{
    /// <summary>Adds a deployment that starts and stops with the application. Its edges are mapped by <see cref="FresnelEndpointRouteBuilderExtensions.MapFresnel"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets at least <see cref="FresnelOptions.Store"/>.</param>
    public static IServiceCollection AddFresnel(this IServiceCollection services, Action<FresnelOptions> configure)
    {
        services.Configure(configure);
        services.AddSingleton<SiteListeners>();
        services.AddSingleton<AdminAccess>();
        services.AddSingleton<PinnedSnapshots>();
        services.AddSingleton(provider => new ProviderKeys(ProviderKeys.CreateClient(), provider.GetRequiredService<IOptions<FresnelOptions>>().Value.Time));
        services.AddSingleton(provider => new UserTokens(provider.GetRequiredService<ProviderKeys>(), provider.GetRequiredService<IOptions<FresnelOptions>>().Value.Time));
        services.AddSingleton(provider => new HostedDeployment(
            provider.GetRequiredService<IOptions<FresnelOptions>>(),
            provider.GetRequiredService<AdminAccess>(),
            provider.GetRequiredService<SiteListeners>(),
            provider.GetRequiredService<IServer>(),
            provider.GetRequiredService<IHostEnvironment>(),
            provider.GetRequiredService<ILoggerFactory>()));
        services.AddHostedService(provider => provider.GetRequiredService<HostedDeployment>());
        services.AddTransient<IStartupFilter, SiteStartupFilter>();
        return services;
    }
}
