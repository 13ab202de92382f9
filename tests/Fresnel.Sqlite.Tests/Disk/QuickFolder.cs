namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>A folder in memory where there is such a thing: for tests that open hundreds of stores and simulate the disk themselves.</summary>
internal sealed class QuickFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } = Directory.CreateDirectory(
        System.IO.Path.Combine(Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath(), $"fresnel-{Guid.NewGuid():n}")).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
