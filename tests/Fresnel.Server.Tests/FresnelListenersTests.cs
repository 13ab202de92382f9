using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Fresnel.Server.Tests;

public sealed class FresnelListenersTests : IDisposable
{
    private readonly TcpListener _other = new(IPAddress.Loopback, 0);
    private readonly int _taken;

    public FresnelListenersTests()
    {
        _other.Start();
        _taken = ((IPEndPoint)_other.LocalEndpoint).Port;
    }

    public void Dispose() => _other.Dispose();

    [Fact]
    public void A_taken_port_is_refused_in_a_sentence_that_names_it()
    {
        var main = Assert.Throws<PortTakenException>(() => FresnelListeners.At(FresnelListeners.Loopbacks, _taken, 0));
        Assert.Equal(_taken, main.Port);
        Assert.Equal($"Port {_taken} of 127.0.0.1 is taken by another program: stop that one, or choose another port (--port, --site-port).", main.Message);

        Assert.Equal(_taken, Assert.Throws<PortTakenException>(() => FresnelListeners.At(FresnelListeners.Loopbacks, 0, _taken)).Port);
    }

    [Fact]
    public void Who_may_take_the_next_port_gets_one_and_another_for_the_site()
    {
        var listeners = FresnelListeners.FromPort(FresnelListeners.Loopbacks, _taken, _taken);

        Assert.InRange(listeners.Port, _taken + 1, _taken + 63);
        Assert.InRange(listeners.SitePort, listeners.Port + 1, _taken + 63);
    }

    [Fact]
    public void Free_ports_are_free_on_every_address_and_differ()
    {
        var listeners = FresnelListeners.At(FresnelListeners.Loopbacks, 0, 0);

        Assert.NotEqual(listeners.Port, listeners.SitePort);
        foreach (var address in listeners.Addresses)
        {
            using var probe = new TcpListener(address, listeners.Port);
            probe.Start();
        }
    }

    [Fact]
    public void An_address_of_another_machine_is_told_from_a_taken_port()
    {
        // TEST-NET-1: nobody has it.
        var elsewhere = IPAddress.Parse("192.0.2.1");

        var refused = Assert.Throws<PortTakenException>(() => FresnelListeners.At([elsewhere], 0, 0));

        Assert.Equal("This machine has no address 192.0.2.1: choose one that it has.", refused.Message);
    }
}
