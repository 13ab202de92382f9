using System.Net;
using System.Net.Sockets;
using Fresnel.Testing.Hosts;
using Xunit;

namespace Fresnel.Conformance.Host;

/// <summary>What keeps a server from starting is said in one sentence on standard error, with an exit code that is not 0.</summary>
public sealed class BadDayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fresnel-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_port_that_is_taken()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await StartFailsAsync(["--port", $"{port}", "--site-port", "0"], $"Port {port} of 127.0.0.1 is taken");
        await StartFailsAsync(["--port", "0", "--site-port", $"{port}"], $"Port {port} of 127.0.0.1 is taken");
    }

    [Fact]
    public async Task A_data_folder_that_another_server_uses()
    {
        await using var other = await HostProcess.StartAsync();

        await StartFailsAsync(["--data", other.Data, "--port", "0", "--site-port", "0"], "in use");
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written()
    {
        // A folder below a file: not even root may make it.
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        await StartFailsAsync(["--data", Path.Combine(file, "data"), "--port", "0", "--site-port", "0"], "cannot be written to");
    }

    [Fact]
    public Task No_Node_on_the_path() => StartFailsAsync(["--port", "0", "--site-port", "0"], "Node", path: _folder);

    [Fact]
    public async Task A_Node_that_is_too_old()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("A script that says it is Node needs a Unix.");
        var node = Path.Combine(_folder, "node");
        await File.WriteAllTextAsync(node, "#!/bin/sh\necho v18.20.4\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(node, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        await StartFailsAsync(["--port", "0", "--site-port", "0"], "18.20.4", path: _folder);
    }

    [Theory]
    [InlineData("--port", "70000", "70000")]
    [InlineData("--port", "many", "many")]
    [InlineData("--host", "here", "here")]
    [InlineData("--environment", "Staging", "Staging")]
    [InlineData("--instance-secret", "short", "64 hex characters")]
    [InlineData("--instance-name", "a|b", "a|b")]
    [InlineData("--speed", "high", "--speed")]
    public Task An_option_that_makes_no_sense(string option, string value, string expected) => StartFailsAsync([option, value], expected);

    private async Task StartFailsAsync(string[] arguments, string expected, string? path = null)
    {
        string[] data = arguments.Contains("--data") ? [] : ["--data", Path.Combine(_folder, "data")];
        var environment = new Dictionary<string, string?>();
        if (path is not null) environment["PATH"] = path;

        var ended = await HostProcess.RunToEndAsync(HostProgram.Fresnel, [.. data, .. arguments], environment);

        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains(expected, ended.Errors, StringComparison.Ordinal);
        Assert.Single(ended.Errors.TrimEnd().Split('\n'));
        Assert.Equal("", ended.Output);
    }
}
