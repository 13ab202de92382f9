using System.Text.Json;
using Fresnel.Testing;
using Fresnel.Values;
using static Fresnel.Runtime.Tests.TestDeployment;

namespace Fresnel.Runtime.Tests.Invocations;

/// <summary>The texts of <c>tests/vectors/validation-errors.json</c> as callers get them.</summary>
public sealed class ValidationTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests/vectors/validation-errors.json"))).RootElement;

    [Fact, Spec("data-model", 37, 39)]
    public async Task Results_and_arguments_are_refused_in_the_listed_words()
    {
        var cases = Vectors.GetProperty("cases").EnumerateArray().Select((item, at) => (
            Path: $"cases:case{at}", Validator: item.GetProperty("validator"), Value: item.GetProperty("value").GetRawText(), Error: item.GetProperty("error").GetString())).ToList();
        var functions = new FakeFunctions();
        foreach (var (path, validator, value, _) in cases)
        {
            functions.Query(path, _ => Task.FromResult(value), returns: validator.GetRawText());
            if (TakesObjects(validator, value)) functions.Query($"{path}Args", _ => Task.FromResult("null"), args: validator.GetRawText());
        }

        await using var test = await StartAsync(functions);
        await test.CreateTableAsync("users", "by_a", "a"); // 10001 and 10002, as the vectors have them.
        await test.CreateTableAsync("messages", "by_a", "a");

        var asArguments = 0;
        foreach (var (path, validator, value, error) in cases)
        {
            Assert.Equal(error is null ? null : $"ReturnsValidationError: {error}", (await test.QueryAsync(path)).Error?.Message);
            if (!TakesObjects(validator, value)) continue;
            asArguments++;
            Assert.Equal(error is null ? null : $"ArgumentValidationError: {error}\n", (await test.QueryAsync($"{path}Args", value)).Error?.Message);
        }

        Assert.True(cases.Count == 27 && asArguments > 5, $"{cases.Count} cases, {asArguments} of them as arguments.");
    }

    private static bool TakesObjects(JsonElement validator, string value) =>
        validator.GetProperty("type").GetString() == "object" && ValueJson.Parse(System.Text.Encoding.UTF8.GetBytes(value)).Kind == ValueKind.Object;
}
