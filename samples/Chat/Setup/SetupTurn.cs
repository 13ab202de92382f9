namespace Chat.Setup;

/// <summary>Lets one process at a time work on <c>node_modules</c> and the built page: a second sample on the same checkout waits.</summary>
internal static class SetupTurn
{
    public static async Task<FileStream> TakeAsync(CancellationToken cancellationToken)
    {
        var path = ChatFolder.PathOf("obj/setup.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // A file lock wakes nobody.
                await Task.Delay(200, cancellationToken);
            }
        }
    }
}
