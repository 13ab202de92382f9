using Fresnel.Engine.Stores;
using Fresnel.Testing;

namespace Fresnel.Sqlite.Tests;

public sealed class SqliteCommitStoreTests : CommitStoreSpecification, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    protected override ICommitStore CreateEmpty() => new SqliteCommitStore(_folder.Path);

    protected override ICommitStore Reopen(ICommitStore closed) => new SqliteCommitStore(_folder.Path);

    [Fact]
    public async Task A_second_opener_is_told_that_the_folder_is_in_use()
    {
        await using var first = CreateEmpty();
        await first.OpenAsync(Token);
        await using var second = CreateEmpty();
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await second.OpenAsync(Token));
        Assert.Equal(StoreFailure.Unusable, refused.Failure);
        Assert.Equal($"The data folder {_folder.Path} is in use by another process.", refused.Message);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "not a folder", Token);
        var folder = Path.Combine(file, "data");
        await using var store = new SqliteCommitStore(folder);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.OpenAsync(Token));
        Assert.Equal((StoreFailure.Unusable, $"The data folder {folder} cannot be written to."), (refused.Failure, refused.Message));
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_called_so()
    {
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "not a folder", Token);
        await using var store = new SqliteCommitStore(file);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.OpenAsync(Token));
        Assert.Equal((StoreFailure.Unusable, $"The data folder {file} is a file, not a folder."), (refused.Failure, refused.Message));
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_is_left_alone()
    {
        var file = Path.Combine(_folder.Path, SqliteCommitStore.FileName);
        var text = new string('x', 10_000);
        await File.WriteAllTextAsync(file, text, Token);
        await using var store = CreateEmpty();
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.OpenAsync(Token));
        Assert.Equal(StoreFailure.Unusable, refused.Failure);
        Assert.Contains("is not a database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(text, await File.ReadAllTextAsync(file, Token));
    }

    [Fact]
    public async Task Nobody_but_the_owner_can_read_what_it_makes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes of files.");
        var folder = Path.Combine(_folder.Path, "data");
        await using var store = new SqliteCommitStore(folder);
        await store.OpenAsync(Token);
        await store.AppendAsync(0, "group"u8.ToArray(), Token);
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        foreach (var path in Directory.GetFiles(folder).Append(folder))
        {
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(path) & Others);
        }

        Assert.Equal(2, Directory.GetFiles(folder).Length); // The database and its write-ahead log.
    }

    [Fact]
    public void The_library_in_use_is_at_least_the_one_that_the_package_brings() =>
        Assert.True(Version.Parse(SqliteLibrary.Version) >= new Version(3, 35, 5), SqliteLibrary.Version);
}
