namespace Fresnel.Conformance.Seeds;

/// <summary>An app around the user's blocks: each of them unchanged, and beside it only what it presupposes.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Files">The files of the project.</param>
/// <param name="IsTypechecked">Whether the push checks types. Not where a block's own types are circular, or refer to a public action through <c>internal</c>.</param>
internal sealed record SeedAppDefinition(string Name, IReadOnlyList<SeedFile> Files, bool IsTypechecked = true)
{
    /// <summary>The blocks that it uses as they are written.</summary>
    public IEnumerable<string> Blocks => Files.Where(file => file.Change is null).Select(file => file.Block).OfType<string>();
}

/// <summary>A file of such an app.</summary>
/// <param name="Path">With forward slashes.</param>
/// <param name="Block">The block that it holds, or null when it is ours alone.</param>
/// <param name="Ours">Our own text: behind the block, or all there is.</param>
/// <param name="Change">What is made of the block where it is not taken as it is written; says why at the place of use.</param>
internal sealed record SeedFile(string Path, string? Block, string Ours = "", Func<string, string>? Change = null)
{
    /// <summary>The text of the file.</summary>
    public string Text => Block is null ? Ours : (Change ?? (text => text))(SeedDocuments.Take(Block)) + "\n" + Ours;
}
