using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Fresnel.Runtime.Tests.Pushes;

/// <summary>An npm registry with a few packages that a test makes up.</summary>
internal sealed class TinyRegistry : IAsyncDisposable
{
    private readonly Dictionary<string, (string Document, byte[] Tarball)> _packages = new(StringComparer.Ordinal);
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public TinyRegistry()
    {
        Url = $"http://127.0.0.1:{FreePort()}/";
        _listener.Prefixes.Add(Url);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>What was asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Held back for as long as this is not complete.</summary>
    public Task Answering { get; set; } = Task.CompletedTask;

    public TinyRegistry With(string name, string version, string manifest, params (string Path, string Text)[] files)
    {
        var fields = $"\"name\":\"{name}\",\"version\":\"{version}\"{(manifest.Length > 0 ? "," : "")}{manifest}";
        var tarball = Pack([("package.json", $"{{{fields}}}"), .. files]);
        var dist = $"{{\"tarball\":\"{Url}{name}/-/{version}.tgz\",\"integrity\":\"sha512-{Convert.ToBase64String(SHA512.HashData(tarball))}\"}}";
        _packages[name] = ($"{{\"name\":\"{name}\",\"dist-tags\":{{\"latest\":\"{version}\"}},\"versions\":{{\"{version}\":{{{fields},\"dist\":{dist}}}}}}}", tarball);
        JsonDocument.Parse(_packages[name].Document).Dispose();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = AnswerAsync(context);
            }
            catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath[1..]);
        Requests.Enqueue(path);
        try
        {
            await Answering;
            var isTarball = path.EndsWith(".tgz", StringComparison.Ordinal);
            var found = _packages.TryGetValue(isTarball ? path[..path.IndexOf("/-/", StringComparison.Ordinal)] : path, out var package);
            context.Response.StatusCode = found ? 200 : 404;
            await context.Response.OutputStream.WriteAsync(!found ? "{}"u8.ToArray() : isTarball ? package.Tarball : Encoding.UTF8.GetBytes(package.Document));
            context.Response.Close();
        }
        catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException or IOException)
        {
            // npm was ended.
        }
    }

    private static byte[] Pack(IReadOnlyList<(string Path, string Text)> files)
    {
        using var output = new MemoryStream();
        using (var zip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            foreach (var (path, text) in files)
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"package/{path}") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
        }

        return output.ToArray();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
