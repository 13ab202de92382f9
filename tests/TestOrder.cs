using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCaseOrderer(typeof(Fresnel.TestOrder))]

namespace Fresnel;

/// <summary>Shuffles the tests of a class, in the same way on every machine; <c>FRESNEL_ORDER</c> names another order, which must be as good.</summary>
internal sealed class TestOrder : ITestCaseOrderer
{
    private static readonly string Seed = Environment.GetEnvironmentVariable("FRESNEL_ORDER") ?? "0";

    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase =>
        [.. testCases.OrderBy(test => Hash(test.TestCaseDisplayName)).ThenBy(test => test.TestCaseDisplayName, StringComparer.Ordinal)];

    /// <summary>FNV-1a: unlike a string's own hash it is the same in every process.</summary>
    private static uint Hash(string name) => (Seed + name).Aggregate(2166136261, (hash, letter) => (hash ^ letter) * 16777619);
}
