using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Node;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>A program in Node's place that tells where it was to connect and does nothing else, so that the test itself speaks as the worker: to say what no worker says.</summary>
internal sealed class HostileNode : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fresnel-hostile-");

    public HostileNode()
    {
        Path = System.IO.Path.Combine(_folder.FullName, "node");
        // Written beside and renamed, so that it is whole when it is seen.
        File.WriteAllText(Path, $"""
            #!/bin/sh
            printf '%s\n%s\n' "$FRESNEL_LINK" "$FRESNEL_TOKEN" > "{_folder.FullName}/$$.tmp"
            mv "{_folder.FullName}/$$.tmp" "{_folder.FullName}/$$.link"
            exec sleep 120
            """.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }

    /// <summary>To be given as the executable.</summary>
    public string Path { get; }

    /// <summary>Connects in the place of the next worker that is started, and says hello.</summary>
    public async Task<HostileWorker> ConnectAsync(CancellationToken cancellationToken)
    {
        using var appeared = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(_folder.FullName, "*.link");
        watcher.Renamed += (_, _) => appeared.Release();
        watcher.Created += (_, _) => appeared.Release();
        watcher.EnableRaisingEvents = true;
        while (true)
        {
            if (_folder.EnumerateFiles("*.link").FirstOrDefault() is { } file)
            {
                var lines = await File.ReadAllLinesAsync(file.FullName, cancellationToken);
                file.Delete();
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(lines[0]), cancellationToken);
                var worker = new HostileWorker(socket);
                await worker.SendAsync(FrameKind.Hello, 0, JsonSerializer.SerializeToUtf8Bytes(new { token = lines[1] }));
                return worker;
            }

            await appeared.WaitAsync(cancellationToken);
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

/// <summary>The worker's end of the wire, in the hands of a test.</summary>
internal sealed class HostileWorker(Socket socket) : IDisposable
{
    private readonly FrameReader _frames = new();

    /// <summary>Sends a frame.</summary>
    public Task SendAsync(FrameKind kind, ulong invocation, ReadOnlyMemory<byte> payload) => SendRawAsync(Bytes(kind, invocation, payload.Span));

    /// <summary>Sends bytes as they are. That the engine has hung up meanwhile is no failure.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes)..];
        }
        catch (SocketException)
        {
            // It does not listen to us any more.
        }
    }

    /// <summary>Waits for a frame of this kind; null when the engine hangs up.</summary>
    public async Task<Frame?> ReceiveAsync(FrameKind kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_frames.TryTake(out var frame))
            {
                if (frame.Kind == kind) return frame;
            }

            var piece = new byte[_frames.Room.Length];
            int count;
            try
            {
                count = await socket.ReceiveAsync(piece, cancellationToken);
            }
            catch (SocketException)
            {
                return null;
            }

            if (count == 0) return null;
            piece.AsSpan(0, count).CopyTo(_frames.Room);
            _frames.Add(count);
        }
    }

    /// <summary>A result that a worker would send.</summary>
    public static byte[] Result(string json) => [1, 0, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(json)];

    public static byte[] Bytes(FrameKind kind, ulong invocation, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[Frame.Prefix + Frame.Head + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Frame.Head + payload.Length);
        bytes[Frame.Prefix] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Frame.Prefix + 1), invocation);
        payload.CopyTo(bytes.AsSpan(Frame.Prefix + Frame.Head));
        return bytes;
    }

    public void Dispose() => socket.Dispose();
}
