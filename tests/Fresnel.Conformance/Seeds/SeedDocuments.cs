using System.Text.RegularExpressions;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>The documents of the user who asked for this system. They are not part of the repository: tests read them where they lie.</summary>
internal static partial class SeedDocuments
{
    private static readonly Lazy<IReadOnlyList<SeedBlock>> All = new(ReadAll);

    /// <summary>The folder: <c>FRESNEL_SEEDS</c>, or <c>shared/seeds</c> beside the repository.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("FRESNEL_SEEDS") ?? Path.Combine(RepositoryFiles.Root, "..", "shared", "seeds");

    /// <summary>Whether they lie there. A fixture asks, since a test can be skipped and a fixture cannot.</summary>
    public static bool AreThere { get; } = Directory.Exists(Folder);

    /// <summary>Every block of code in them. Without the documents the test is skipped, or fails where <c>CI=true</c> says that nothing may be missing.</summary>
    public static IReadOnlyList<SeedBlock> Blocks
    {
        get
        {
            Require();
            return All.Value;
        }
    }

    /// <summary>The documents themselves, by their short name.</summary>
    public static IReadOnlyDictionary<string, string> Texts { get; } = !AreThere
        ? new Dictionary<string, string>()
        : Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal).ToDictionary(file => Path.GetFileName(file)[..3], file => File.ReadAllText(file).ReplaceLineEndings("\n"));

    /// <summary>Skips or fails the test that runs, when they are not there. To be called by the test, not from within an assertion.</summary>
    public static void Require()
    {
        if (AreThere) return;
        var missing = $"The documents with the user's code blocks are not in {Folder}; FRESNEL_SEEDS may name another folder.";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(missing);
        Assert.Skip(missing);
    }

    /// <summary>The text of a block.</summary>
    public static string Take(string id) => Blocks.SingleOrDefault(block => block.Id == id)?.Text
        ?? throw new KeyNotFoundException($"There is no block \"{id}\" in {Folder}. There are: {string.Join(", ", Blocks.Select(block => $"\"{block.Id}\""))}");

    private static IReadOnlyList<SeedBlock> ReadAll() => [.. Texts.SelectMany(document => Read(document.Key, document.Value))];

    private static IEnumerable<SeedBlock> Read(string document, string text)
    {
        var heading = "";
        var counts = new Dictionary<string, int>();
        foreach (Match match in Part().Matches(text))
        {
            if (match.Groups["heading"].Success)
            {
                heading = match.Groups["heading"].Value.Trim();
                continue;
            }

            var number = counts[heading] = counts.GetValueOrDefault(heading) + 1;
            yield return new(document, number == 1 ? $"{document} {heading}" : $"{document} {heading} {number}", match.Groups["language"].Value, match.Groups["code"].Value);
        }
    }

    /// <summary>A heading, or a fenced block. Blocks come first in the expression: what looks like a heading inside of one is a comment.</summary>
    [GeneratedRegex(@"^```(?<language>\w*)\n(?<code>.*?)^```\s*$|^#+ (?<heading>[^\n]*)$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Part();
}

/// <summary>A block of code.</summary>
/// <param name="Document">The short name of its document.</param>
/// <param name="Id">Document, heading, and a number when the heading has several.</param>
/// <param name="Language">As the fence says; empty when it does not.</param>
/// <param name="Text">The code, unchanged.</param>
internal sealed record SeedBlock(string Document, string Id, string Language, string Text)
{
    /// <summary>Whether it is code that an app can run.</summary>
    public bool IsCode => Language is "ts" or "tsx" or "typescript" or "javascript" or "js";
}
