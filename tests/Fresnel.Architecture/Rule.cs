using Xunit;

namespace Fresnel.Architecture;

/// <summary>A rule of the house.</summary>
internal static class Rule
{
    /// <summary>Fails with everything that breaks the rule, one to a line, and what to do instead.</summary>
    public static void Holds(IEnumerable<string> broken, string remedy)
    {
        var all = broken.Distinct().Order(StringComparer.Ordinal).ToList();
        if (all.Count > 0) Assert.Fail($"{remedy}\n  {string.Join("\n  ", all)}");
    }
}
