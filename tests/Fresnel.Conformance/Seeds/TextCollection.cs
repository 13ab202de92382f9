using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>The classes that share one server with <see cref="SeedApps.Text"/>: what one of them does, none of the others sees.</summary>
[CollectionDefinition(Name)]
public sealed class TextCollection : ICollectionFixture<SeedFixture<TextCollection.Text>>
{
    public const string Name = "the text app of the documents";

    public sealed class Text : ISeedApp
    {
        static (SeedAppDefinition Definition, (string, string)[] Variables) ISeedApp.Get() => (SeedApps.Text, [("MY_API_KEY", "key"), ("MY_SERVICE_URL", "https://service.test")]);
    }
}
