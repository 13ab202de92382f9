using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Cli;

/// <summary>A server with <see cref="Apps.Chat"/> pushed to it. One per test class.</summary>
public sealed class PushedApp : IAsyncLifetime
{
    public CliHost Host { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await Host.InitializeAsync();
        using var project = await ConvexProject.CreateAsync(Apps.Chat);
        await Host.PushAsync(project);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
