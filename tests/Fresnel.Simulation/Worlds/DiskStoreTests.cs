using Fresnel.Engine.Stores;
using Fresnel.Testing;

namespace Fresnel.Simulation.Worlds;

/// <summary>The simulated store does what every store does, when it is left in peace.</summary>
public sealed class DiskStoreTests : CommitStoreSpecification
{
    private readonly Dictionary<ICommitStore, Disk> _disks = [];

    protected override ICommitStore CreateEmpty() => Open(new Disk());

    protected override ICommitStore Reopen(ICommitStore closed) => Open(_disks[closed]);

    private DiskStore Open(Disk disk)
    {
        var store = new DiskStore(disk, new Course(1), TimeProvider.System, new Random(1), new());
        _disks.Add(store, disk);
        return store;
    }
}
