using Xunit;

namespace Fresnel.Conformance.Clients;

/// <summary>The tests that share one server and app. They keep apart by the names of their lists and conversations.</summary>
[CollectionDefinition(Name)]
public sealed class ClientCollection : ICollectionFixture<ClientApp>
{
    public const string Name = "Official clients";
}
