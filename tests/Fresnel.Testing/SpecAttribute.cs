using Xunit.v3;

namespace Fresnel.Testing;

/// <summary>Names an item of a conformance checklist of the specification that this test shows.</summary>
/// <param name="document">The file without its ending, e.g. <c>data-model</c>.</param>
/// <param name="items">The numbers of the items.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class SpecAttribute(string document, params int[] items) : Attribute, ITraitAttribute
{
    /// <summary>The file without its ending.</summary>
    public string Document => document;

    /// <summary>The numbers of the items.</summary>
    public IReadOnlyList<int> Items => items;

    /// <inheritdoc/>
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() =>
        [.. items.Select(item => new KeyValuePair<string, string>("Spec", $"{document} {item}"))];
}
