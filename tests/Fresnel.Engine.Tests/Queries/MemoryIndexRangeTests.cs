using Fresnel.Engine.Stores;
using Fresnel.Testing;

namespace Fresnel.Engine.Tests.Queries;

public sealed class MemoryIndexRangeTests : IndexRangeSpecification
{
    protected override ICommitStore CreateEmpty() => new MemoryCommitStore();

    protected override ICommitStore Reopen(ICommitStore closed) => ((MemoryCommitStore)closed).Reopen();
}
