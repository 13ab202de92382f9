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

    /// <summary>Every block of code in them. Without the documents the test is skipped, or fails where <c>CI=true</c> says that nothing may be missing.</summary>
    public static IReadOnlyList<SeedBlock> Blocks
    {
        get
        {
            if (Directory.Exists(Folder)) return All.Value;
            var missing = $"The documents with the user's code blocks are not in {Folder}; FRESNEL_SEEDS may name another folder.";
            if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(missing);
            Assert.Skip(missing);
            return [];
        }
    }

    /// <summary>The text of a block.</summary>
    public static string Take(string id) => Blocks.SingleOrDefault(block => block.Id == id)?.Text
        ?? throw new KeyNotFoundException($"There is no block \"{id}\" in {Folder}. There are: {string.Join(", ", Blocks.Select(block => $"\"{block.Id}\""))}");

    private static IReadOnlyList<SeedBlock> ReadAll() =>
        [.. Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(file => Read(Path.GetFileName(file)[..3], File.ReadAllText(file)))];

    private static IEnumerable<SeedBlock> Read(string document, string text)
    {
        var heading = "";
        var counts = new Dictionary<string, int>();
        foreach (Match match in Part().Matches(text.ReplaceLineEndings("\n")))
        {
            if (match.Groups["heading"].Success)
            {
                heading = match.Groups["heading"].Value.Trim();
                continue;
            }

            var number = counts[heading] = counts.GetValueOrDefault(heading) + 1;
            yield return new(number == 1 ? $"{document} {heading}" : $"{document} {heading} {number}", match.Groups["language"].Value, match.Groups["code"].Value);
        }
    }

    /// <summary>A heading, or a fenced block. Blocks come first in the expression: what looks like a heading inside of one is a comment.</summary>
    [GeneratedRegex(@"^```(?<language>\w*)\n(?<code>.*?)^```\s*$|^#+ (?<heading>[^\n]*)$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Part();
}

/// <summary>A block of code.</summary>
/// <param name="Id">Document, heading, and a number when the heading has several.</param>
/// <param name="Language">As the fence says; empty when it does not.</param>
/// <param name="Text">The code, unchanged.</param>
internal sealed record SeedBlock(string Id, string Language, string Text)
{
    /// <summary>Whether it is code that an app can run.</summary>
    public bool IsCode => Language is "ts" or "tsx" or "typescript" or "javascript" or "js";
}
