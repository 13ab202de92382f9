using Chat.Setup;

namespace Chat;

/// <summary>Where the functions and the page of this sample lie: the folder of its project, wherever it is started from.</summary>
internal static class ChatFolder
{
    public static string Path { get; } = Find();

    /// <summary>The full path of something in it.</summary>
    public static string PathOf(string relative) => System.IO.Path.Combine(Path, relative);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Chat.csproj"))) return folder.FullName;
        }

        throw new SetupException("This sample runs from a checkout of the repository: dotnet run --project samples/Chat.");
    }
}
