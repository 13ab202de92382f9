using Fresnel.Engine.Snapshots;
using Fresnel.Engine.Stores;
using Fresnel.Engine.Tables;
using Fresnel.Values;

namespace Fresnel.Engine.Pages;

/// <summary>Reads the trees of a checkpoint back, all of them: every node stays in memory.</summary>
internal sealed class PageLoader(ICommitStore store)
{
    /// <summary>The trees and the tables that they tell of.</summary>
    /// <exception cref="InvalidDataException">A page is damaged.</exception>
    public async Task<(RootTable Roots, Catalog Catalog)> LoadAsync(CheckpointRow row, CancellationToken cancellationToken)
    {
        var owner = new BatchOwner();
        var roots = new RootTable().EditableBy(owner);
        foreach (var root in row.Roots)
        {
            var pages = await store.ReadPagesAsync([root.Page], cancellationToken);
            roots.Set(owner, root.Index, new(await NodeAsync(root.Page, pages[0], cancellationToken), root.Count, root.KeyOnly));
        }

        var catalog = Catalog.Initial;
        foreach (var table in CatalogTables.All)
        {
            var documents = new TreeCursor(roots.Find(table.ById.Key)!, KeyInterval.All, descending: false);
            while (documents.MoveNext()) catalog = catalog.With(table.Key, null, documents.Document);
        }

        return (roots, catalog);
    }

    private async Task<Node> NodeAsync(long number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var content = PageFormat.Read(bytes);
        if (content.Children is not { } numbers)
            return new Leaf(null, content.Keys, content.Documents is null ? null : await DocumentsAsync(content.Keys, content.Documents, cancellationToken)) { Page = number };

        var pages = await store.ReadPagesAsync(numbers, cancellationToken);
        var children = new Node[Node.Width + 1];
        for (var i = 0; i < numbers.Length; i++) children[i] = await NodeAsync(numbers[i], pages[i], cancellationToken);
        return new Branch(null, content.Keys, children, numbers.Length) { Page = number };
    }

    private async Task<Document[]> DocumentsAsync(KeyBlock keys, StoredDocument[] stored, CancellationToken cancellationToken)
    {
        var own = stored.Where(document => document.Page != 0).Select(document => document.Page).ToArray();
        var pages = own.Length == 0 ? [] : await store.ReadPagesAsync(own, cancellationToken);
        var documents = new Document[stored.Length];
        var next = 0;
        for (var i = 0; i < stored.Length; i++)
        {
            var json = stored[i].Page == 0 ? stored[i].Json : PageFormat.ReadJson(pages[next++]);
            documents[i] = new(DocumentKey.Read(keys.Copy(i)), stored[i].Timestamp, json) { Page = stored[i].Page };
        }

        return documents;
    }
}
