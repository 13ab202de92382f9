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

    [Fact]
    public void Every_app_holds_its_blocks_as_they_are_written()
    {
        Assert.All(SeedApps.All, app => Assert.All(app.Files.Where(file => file.Block is not null), file =>
            Assert.StartsWith(SeedDocuments.Blocks.Single(block => block.Id == file.Block).Text, file.Text, StringComparison.Ordinal)));
    }
}
