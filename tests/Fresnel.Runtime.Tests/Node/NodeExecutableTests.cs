using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Node;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Which Node runs the workers, and what is said when none does.</summary>
public sealed class NodeExecutableTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fresnel-node-");

    [Fact]
    public async Task Node_is_found_on_the_path() =>
        Assert.True((await NodeExecutable.FindAsync(null, TestContext.Current.CancellationToken)).Version >= NodeExecutable.Oldest);

    [Fact]
    public async Task A_path_where_nothing_is_is_named()
    {
        var missing = Path.Combine(_folder.FullName, "node");
        Assert.Equal($"There is no Node.js at {missing}.", (await RefusedAsync(missing)).Message);
    }

    [Theory]
    [InlineData("echo v18.2.0", "Fresnel runs TypeScript functions in Node.js 20.19 or later, but {0} is version 18.2.0.")]
    [InlineData("echo hello", "Fresnel runs TypeScript functions in Node.js 20.19 or later, but {0} does not answer like Node.js.")]
    public async Task A_node_that_is_too_old_or_none_is_refused(string script, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell script stands in for Node.");
        var path = Script(script);
        Assert.Equal(string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, path), (await RefusedAsync(path)).Message);
    }

    [Fact]
    public async Task A_worker_that_does_not_start_ends_its_invocation_with_what_it_said()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell script stands in for Node.");
        await using var fixture = new RunnerFixture();
        await using var runner = new NodeRunnerWith(fixture, limits => limits, Script("echo no such luck >&2; exit 1"));
        var ended = await Assert.ThrowsAsync<InvocationAbandonedException>(() => runner.RunAsync(RunnerFixture.Code("export const queryOne = query(() => 1);"), "queryOne"));
        Assert.Equal((AbandonReason.Internal, "A Node.js worker did not start. It said: no such luck"), (ended.Reason, ended.Message));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Script(string body)
    {
        var path = Path.Combine(_folder.FullName, "node.sh");
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    private static Task<NodeUnavailableException> RefusedAsync(string path) =>
        Assert.ThrowsAsync<NodeUnavailableException>(() => NodeExecutable.FindAsync(path, TestContext.Current.CancellationToken));
}
