using Fresnel.Testing.Hosts;
using Xunit;

namespace Fresnel.Conformance.Chat;

/// <summary>A chat whose server the tests of a class end and start again, on the same data and ports.</summary>
public sealed class MortalChat : IAsyncLifetime
{
    private HostProcess? _server;

    internal HostProcess Server => _server!;

    public async ValueTask InitializeAsync() => _server = await ChatServer.StartAsync();

    internal Task KillAsync() => Server.KillAsync();

    internal Task<int> StopAsync() => Server.StopAsync();

    internal async Task RestartAsync()
    {
        await using var ended = Server;
        _server = await ended.RestartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
