using System.Buffers.Binary;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Fresnel.Server.Sync;

/// <summary>Lets a close frame without a status leave without one.</summary>
/// <remarks>
/// The framework's socket, told to close with <c>Empty</c>, writes the number 1005 into the frame, which RFC 6455 (§7.4.1) keeps off the wire: browsers take it for a broken
/// connection. The protocol wants an empty frame (<c>spec/client-protocol.md</c> §2.13), so those four bytes, which the framework writes in one piece, become two.
/// No other frame begins like this one.
/// </remarks>
internal sealed class EmptyCloseStream(Stream inner) : Stream
{
    private const uint CloseWith1005 = 0x88_02_03_ED;
    private static readonly byte[] EmptyClose = [0x88, 0x00];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(IsCloseWith1005(buffer.Span) ? EmptyClose : buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A socket writes asynchronously.");

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A socket reads asynchronously.");

    public override void Flush()
    {
        // What was written is on its way already; the socket flushes asynchronously.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }

    private static bool IsCloseWith1005(ReadOnlySpan<byte> frame) => frame.Length == sizeof(uint) && BinaryPrimitives.ReadUInt32BigEndian(frame) == CloseWith1005;
}

/// <summary>Puts <see cref="EmptyCloseStream"/> under the sockets that are opened behind it.</summary>
internal static class EmptyCloseMiddleware
{
    /// <summary>To stand before <c>UseWebSockets</c>.</summary>
    public static IApplicationBuilder UseEmptyClose(this IApplicationBuilder app) => app.Use(next => http =>
    {
        if (http.Features.Get<IHttpUpgradeFeature>() is { } upgrade) http.Features.Set<IHttpUpgradeFeature>(new Upgrade(upgrade));
        if (http.Features.Get<IHttpExtendedConnectFeature>() is { } connect) http.Features.Set<IHttpExtendedConnectFeature>(new ExtendedConnect(connect));
        return next(http);
    });

    private sealed class Upgrade(IHttpUpgradeFeature inner) : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => new EmptyCloseStream(await inner.UpgradeAsync());
    }

    private sealed class ExtendedConnect(IHttpExtendedConnectFeature inner) : IHttpExtendedConnectFeature
    {
        public bool IsExtendedConnect => inner.IsExtendedConnect;

        public string? Protocol => inner.Protocol;

        public async ValueTask<Stream> AcceptAsync() => new EmptyCloseStream(await inner.AcceptAsync());
    }
}
