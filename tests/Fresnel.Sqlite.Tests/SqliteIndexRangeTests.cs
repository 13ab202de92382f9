using Fresnel.Engine.Stores;
using Fresnel.Testing;

namespace Fresnel.Sqlite.Tests;

public sealed class SqliteIndexRangeTests : IndexRangeSpecification, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override ICommitStore CreateEmpty() => new SqliteCommitStore(_folder.Path);

    protected override ICommitStore Reopen(ICommitStore closed) => new SqliteCommitStore(_folder.Path);
}
