using Fresnel.Engine.Stores;
using Fresnel.Testing;

namespace Fresnel.Engine.Tests;

public sealed class MemoryCommitStoreTests : CommitStoreSpecification
{
    protected override ICommitStore CreateEmpty() => new MemoryCommitStore();

    protected override ICommitStore Reopen(ICommitStore closed) => ((MemoryCommitStore)closed).Reopen();
}
