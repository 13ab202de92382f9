using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>No block of the user's documents is left out, and none is changed.</summary>
public sealed class CodeBlockTests
{
    /// <summary>Blocks that are no code: a command of the shell, and an example of variables.</summary>
    private static readonly string[] NotCode = ["002 Basic Setup", "002 Common Environment Variables"];

    [Fact]
    public void Every_block_of_code_is_used_by_an_app()
    {
        var used = SeedApps.All.SelectMany(app => app.Blocks).ToHashSet();
        Assert.Empty(SeedDocuments.Blocks.Where(block => block.IsCode && !used.Contains(block.Id)).Select(block => block.Id));
        Assert.Equal(NotCode, SeedDocuments.Blocks.Where(block => !block.IsCode).Select(block => block.Id));
    }

    /// <summary>The reader knows one form of fence. A document with another one would lose blocks, or take prose for code.</summary>
    [Fact]
    public void Every_fence_of_the_documents_belongs_to_a_block()
    {
        var fences = SeedDocuments.Blocks.Count * 2;
        Assert.Equal(fences, SeedDocuments.Texts.Values.Sum(text => text.Split('\n').Count(line => line.TrimStart().StartsWith("```", StringComparison.Ordinal))));
    }

    /// <summary>Compared with the document and not with the block that was cut out of it, so that the reader cannot agree with itself.</summary>
    [Fact]
    public async Task Every_app_holds_its_blocks_as_they_are_written()
    {
        SeedDocuments.Require();
        foreach (var app in SeedApps.All)
        {
            using var project = await ConvexProject.CreateAsync([.. app.Files.Select(file => (file.Path, file.Text))]);
            foreach (var file in app.Files.Where(file => file is { Block: not null, Change: null }))
            {
                var block = SeedDocuments.Blocks.Single(block => block.Id == file.Block);
                var written = project.Read(file.Path);
                var theirs = file.Ours.Length == 0 ? written[..^1] : written[..^(file.Ours.Length + 1)];
                Assert.Contains($"```{block.Language}\n{theirs}```\n", SeedDocuments.Texts[block.Document], StringComparison.Ordinal);
            }
        }
    }
}
