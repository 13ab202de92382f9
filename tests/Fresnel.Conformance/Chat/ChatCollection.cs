using Fresnel.Testing.Hosts;
using Xunit;

namespace Fresnel.Conformance.Chat;

/// <summary>One running chat for the tests that leave it as it was.</summary>
public sealed class RunningChat : IAsyncLifetime
{
    private HostProcess? _server;

    internal HostProcess Server => _server!;

    public async ValueTask InitializeAsync() => _server = await ChatServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}

/// <summary>The tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class ChatCollection : ICollectionFixture<RunningChat>
{
    public const string Name = "A running chat";
}
