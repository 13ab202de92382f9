using System.Diagnostics;
using System.Text;
using Fresnel.Testing.Hosts;

namespace Fresnel.Testing.Npm;

/// <summary>A Convex project in a temporary folder, for the official CLI to work on as a developer's would be.</summary>
/// <remarks>The CLI sees nothing of the machine: an empty home folder, no terminal, and of the environment only PATH.</remarks>
public sealed class ConvexProject : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("fresnel-project-");

    private ConvexProject()
    {
    }

    /// <summary>The folder of the project.</summary>
    public string Folder => Path.Combine(_root.FullName, "app");

    /// <summary>Makes a project with these files.</summary>
    /// <param name="files">By path with forward slashes, e.g. <c>convex/messages.ts</c>.</param>
    public static async Task<ConvexProject> CreateAsync(params IReadOnlyList<(string Path, string Text)> files)
    {
        var project = new ConvexProject();
        Directory.CreateDirectory(Path.Combine(project._root.FullName, "home"));
        project.Write("package.json", """{"name":"app","private":true,"type":"module","dependencies":{"convex":"1.48.0"}}""");
        foreach (var (path, text) in files) project.Write(path, text);
        await NpmPackages.LinkIntoAsync(project.Folder);
        return project;
    }

    /// <summary>Makes an empty folder, for a test that builds up a project with a developer's own tools.</summary>
    public static ConvexProject CreateEmpty()
    {
        var project = new ConvexProject();
        Directory.CreateDirectory(Path.Combine(project._root.FullName, "home"));
        Directory.CreateDirectory(project.Folder);
        return project;
    }

    /// <summary>Writes a file of the project.</summary>
    public void Write(string path, string text)
    {
        var full = PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <summary>Deletes a file of the project.</summary>
    public void Delete(string path) => File.Delete(PathOf(path));

    /// <summary>Reads a file of the project.</summary>
    public string Read(string path) => File.ReadAllText(PathOf(path));

    /// <summary>Runs the official CLI against a deployment and waits for its end.</summary>
    /// <param name="url">Where the deployment is.</param>
    /// <param name="adminKey">Its key.</param>
    /// <param name="arguments">E.g. <c>dev --once</c>, word by word.</param>
    public Task<CliRun> RunAsync(string url, string adminKey, params IReadOnlyList<string> arguments) =>
        RunToEndAsync(Prepare(url, adminKey, arguments), $"convex {string.Join(' ', arguments)}");

    /// <summary>Runs another program in the project's folder, as the developer would: with the environment of the test, and so with the machine's package registry.</summary>
    /// <param name="program">On PATH, e.g. <c>npm</c>.</param>
    /// <param name="arguments">Word by word.</param>
    public Task<CliRun> RunToolAsync(string program, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return RunToEndAsync(start, $"{program} {string.Join(' ', arguments)}");
    }

    /// <summary>Starts the official CLI against a deployment and lets it run: <c>dev</c>, for one, watches until it is ended.</summary>
    public RunningCli Start(string url, string adminKey, params IReadOnlyList<string> arguments) => new(Prepare(url, adminKey, arguments));

    /// <summary>Deletes the folder.</summary>
    public void Dispose()
    {
        try
        {
            // A link goes first, so that nothing behind it is touched.
            var modules = new DirectoryInfo(Path.Combine(Folder, "node_modules"));
            if (modules.LinkTarget is not null) modules.Delete();
            _root.Delete(recursive: true);
        }
        catch (IOException)
        {
            // What is left in the temporary folder harms nobody.
        }
    }

    private static async Task<CliRun> RunToEndAsync(ProcessStartInfo start, string name)
    {
        using var process = new Process { StartInfo = start };
        var (output, errors) = (new StringBuilder(), new StringBuilder());
        process.Start();
        var readOutput = CopyAsync(process.StandardOutput, output);
        var readErrors = CopyAsync(process.StandardError, errors);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} did not end in {Patience.TotalSeconds} s. It said:\n{output}{errors}");
        }

        await Task.WhenAll(readOutput, readErrors);
        return new CliRun(process.ExitCode, output.ToString(), errors.ToString());
    }

    private ProcessStartInfo Prepare(string url, string adminKey, IReadOnlyList<string> arguments)
    {
        var program = PathOf("node_modules/convex/bin/main.js");
        var start = new ProcessStartInfo(Executable.Find("node"), [program, .. arguments])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = Path.Combine(_root.FullName, "home");
        start.Environment["CI"] = "1";
        start.Environment["NO_COLOR"] = "1";
        start.Environment["CONVEX_SELF_HOSTED_URL"] = url;
        start.Environment["CONVEX_SELF_HOSTED_ADMIN_KEY"] = adminKey;
        return start;
    }

    private static async Task CopyAsync(StreamReader from, StringBuilder to)
    {
        var buffer = new char[4096];
        while (await from.ReadAsync(buffer) is > 0 and var read)
        {
            lock (to) to.Append(buffer, 0, read);
        }
    }

    private string PathOf(string path) => Path.Combine(Folder, path.Replace('/', Path.DirectorySeparatorChar));
}

/// <summary>How a run of the CLI ended.</summary>
/// <param name="ExitCode">0 when it thinks that all went well.</param>
/// <param name="Output">Results.</param>
/// <param name="Errors">What it tells a person.</param>
public sealed record CliRun(int ExitCode, string Output, string Errors)
{
    /// <summary>Both.</summary>
    public override string ToString() => $"exit code {ExitCode}\n{Output}{Errors}";
}
