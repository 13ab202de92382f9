using System.Net.WebSockets;
using Fresnel.Server.Sync;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

public sealed class EmptyCloseStreamTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(WebSocketCloseStatus.Empty, null, new byte[] { 0x88, 0x00 })]
    [InlineData(WebSocketCloseStatus.NormalClosure, null, new byte[] { 0x88, 0x02, 0x03, 0xE8 })]
    [InlineData((WebSocketCloseStatus)1013, "ab", new byte[] { 0x88, 0x04, 0x03, 0xF5, 0x61, 0x62 })]
    public async Task A_close_without_a_status_has_an_empty_frame_and_others_are_left_alone(WebSocketCloseStatus status, string? reason, byte[] frame)
    {
        using var wire = new MemoryStream();
        await using var stream = new EmptyCloseStream(wire);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        await socket.CloseOutputAsync(status, reason, Token);
        Assert.Equal(frame, wire.ToArray());
    }

    [Fact]
    public async Task A_message_of_the_same_bytes_is_left_alone()
    {
        using var wire = new MemoryStream();
        await using var stream = new EmptyCloseStream(wire);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        await socket.SendAsync(new byte[] { 0x88, 0x02, 0x03, 0xED }, WebSocketMessageType.Binary, true, Token);
        Assert.Equal([0x82, 0x04, 0x88, 0x02, 0x03, 0xED], wire.ToArray());
    }
}
