using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Fresnel.Server;

/// <summary>Where a server listens: the deployment's origin and its site, one port each, the same on every address.</summary>
/// <param name="Addresses">The addresses of this machine.</param>
/// <param name="Port">The port of clients and the CLI.</param>
/// <param name="SitePort">The port of HTTP actions.</param>
/// <remarks>A port is tried before the server binds it, so that a person hears of a taken one in a sentence; who snatches it in between still makes the start fail.</remarks>
public sealed record FresnelListeners(IReadOnlyList<IPAddress> Addresses, int Port, int SitePort)
{
    /// <summary>The port of clients and the CLI, unless one is stated.</summary>
    public const int DefaultPort = 3210;

    /// <summary>The port of HTTP actions, unless one is stated.</summary>
    public const int DefaultSitePort = 3211;

    /// <summary>How many free ports are tried until one is free on every address.</summary>
    private const int MostAttempts = 64;

    /// <summary>Both loopbacks, since tools say <c>localhost</c>; only the old one where this machine has no other.</summary>
    public static IReadOnlyList<IPAddress> Loopbacks { get; } =
        CanListen(IPAddress.IPv6Loopback, 0) ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    /// <summary>Takes exactly these ports; 0 asks for a free one.</summary>
    /// <exception cref="PortTakenException">Another program listens on one of them.</exception>
    public static FresnelListeners At(IReadOnlyList<IPAddress> addresses, int port, int sitePort)
    {
        var main = port == 0 ? FindFree(addresses, except: sitePort) : Demand(addresses, port);
        return new(addresses, main, sitePort == 0 ? FindFree(addresses, except: main) : Demand(addresses, sitePort));
    }

    /// <summary>Takes these ports, or the next ones that are free.</summary>
    /// <exception cref="PortTakenException">None of the next 64 is.</exception>
    public static FresnelListeners FromPort(IReadOnlyList<IPAddress> addresses, int port, int sitePort)
    {
        var main = port == 0 ? FindFree(addresses, except: sitePort) : FindNext(addresses, port, except: 0);
        return new(addresses, main, sitePort == 0 ? FindFree(addresses, except: main) : FindNext(addresses, sitePort, except: main));
    }

    /// <summary>Has Kestrel listen there, and nowhere else.</summary>
    public void Apply(KestrelServerOptions kestrel)
    {
        // The headers of a Response are bytes, as the platform's Headers have them.
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        foreach (var address in Addresses)
        {
            kestrel.Listen(address, Port);
            kestrel.Listen(address, SitePort, listener => listener.UseFresnelSite());
        }
    }

    private static int Demand(IReadOnlyList<IPAddress> addresses, int port)
    {
        foreach (var address in addresses)
        {
            if (TryListen(address, port) is not SocketError.Success and var error) throw new PortTakenException(address, port, error);
        }

        return port;
    }

    private static int FindNext(IReadOnlyList<IPAddress> addresses, int first, int except)
    {
        for (var port = first; port < first + MostAttempts && port <= IPEndPoint.MaxPort; port++)
        {
            if (port != except && addresses.All(address => CanListen(address, port))) return port;
        }

        throw new PortTakenException(addresses[0], first, SocketError.AddressAlreadyInUse);
    }

    private static int FindFree(IReadOnlyList<IPAddress> addresses, int except)
    {
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (TryListen(addresses[0], 0, out var port) is not SocketError.Success and var error) throw new PortTakenException(addresses[0], 0, error);
            if (port != except && addresses.Skip(1).All(address => CanListen(address, port))) return port;
        }

        throw new PortTakenException(addresses[0], 0, SocketError.AddressAlreadyInUse);
    }

    private static bool CanListen(IPAddress address, int port) => TryListen(address, port) is SocketError.Success;

    private static SocketError TryListen(IPAddress address, int port) => TryListen(address, port, out _);

    /// <summary>Listens for a moment: binding alone would not tell.</summary>
    private static SocketError TryListen(IPAddress address, int port, out int bound)
    {
        bound = port;
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            bound = ((IPEndPoint)socket.LocalEndPoint!).Port;
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }
}

/// <summary>A port cannot be had. The message is one sentence for a person.</summary>
public sealed class PortTakenException(IPAddress address, int port, SocketError error) : Exception(Describe(address, port, error))
{
    /// <summary>The port.</summary>
    public int Port => port;

    private static string Describe(IPAddress address, int port, SocketError error) => error switch
    {
        SocketError.AddressAlreadyInUse => $"Port {port} of {address} is taken by another program: stop that one, or choose another port (--port, --site-port).",
        SocketError.AccessDenied => $"Port {port} of {address} needs rights that this user does not have: choose one above 1023.",
        SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => $"This machine has no address {address}: choose one that it has.",
        _ => $"Port {port} of {address} cannot be listened on ({error}): choose another.",
    };
}
