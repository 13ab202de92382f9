namespace Fresnel.Testing.Hosts;

/// <summary>A server program of this repository that a test runs as a process of its own.</summary>
/// <param name="Name">For the texts of failures.</param>
/// <param name="Library">The built assembly.</param>
/// <param name="WorkingDirectory">Where it is started.</param>
public sealed record HostProgram(string Name, string Library, string WorkingDirectory)
{
    /// <summary>The <c>fresnel</c> tool. A test project refers to <c>src/Fresnel.Host</c> with <c>ReferenceOutputAssembly="false"</c>, so that it is built.</summary>
    public static HostProgram Fresnel { get; } = InRepository("fresnel", "src/Fresnel.Host", "fresnel.dll");

    /// <summary>The chat of <c>samples/Chat</c>, likewise.</summary>
    public static HostProgram Chat { get; } = InRepository("the chat", "samples/Chat", "Chat.dll");

    private static HostProgram InRepository(string name, string project, string library)
    {
        // A test lies in …/bin/<configuration>/<framework>/: what it runs was built beside it, in the same configuration.
        var framework = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return new(name, RepositoryFiles.PathOf($"{project}/bin/{framework.Parent!.Name}/{framework.Name}/{library}"), RepositoryFiles.Root);
    }
}
