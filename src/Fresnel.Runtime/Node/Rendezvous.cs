using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fresnel.Engine;

namespace Fresnel.Runtime.Node;

/// <summary>A place where one worker connects once: a Unix domain socket, or a port of the loopback interface where there are none.</summary>
/// <remarks>The worker shows a token that only its environment held, since anybody on the machine may connect to a port.</remarks>
internal sealed class Rendezvous : IDisposable
{
    private readonly Socket _listener;
    private readonly string? _path;

    /// <summary>Deletes the sockets of processes that were killed while a worker of theirs started. Others' are younger: a start takes half a minute at most.</summary>
    public static void Sweep(TimeProvider time)
    {
        if (OperatingSystem.IsWindows()) return;
        var before = time.GetUtcNow() - (4 * WorkerSettings.StartTime);
        foreach (var socket in new DirectoryInfo(Path.GetTempPath()).EnumerateFiles("fresnel-*.sock"))
        {
            try
            {
                if (socket.LastWriteTimeUtc < before) socket.Delete();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Somebody else's.
            }
        }
    }

    public Rendezvous(IEntropy entropy)
    {
        Span<byte> bytes = stackalloc byte[24];
        entropy.Fill(bytes);
        Token = Convert.ToHexStringLower(bytes[8..]);
        if (OperatingSystem.IsWindows())
        {
            _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Address = ((IPEndPoint)_listener.LocalEndPoint!).Port.ToString(CultureInfo.InvariantCulture);
        }
        else
        {
            // Not in the data folder: the path of a socket may have 104 bytes on some systems.
            _path = Path.Combine(Path.GetTempPath(), $"fresnel-{Convert.ToHexStringLower(bytes[..8])}.sock");
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Address = _path;
        }

        _listener.Listen(1);
    }

    /// <summary>A path, or a port in digits.</summary>
    public string Address { get; }

    /// <summary>What the worker must show.</summary>
    public string Token { get; }

    public async Task<Socket> AcceptAsync(CancellationToken cancellationToken)
    {
        var socket = await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        if (_path is null) socket.NoDelay = true;
        return socket;
    }

    public void Dispose()
    {
        _listener.Dispose();
        if (_path is not null) File.Delete(_path);
    }
}
