using System.Buffers.Binary;
using System.Globalization;

namespace Fresnel.Values;

/// <summary>A point in the commit log's order: nanoseconds since the Unix epoch, strictly increasing, one per commit.</summary>
/// <param name="Nanoseconds">0 (before any commit) to 2^63-1.</param>
/// <remarks>Source: <c>spec/client-protocol.md</c> §2.3, <c>spec/data-model.md</c> §1.8.</remarks>
public readonly record struct Timestamp(long Nanoseconds) : IComparable<Timestamp>
{
    /// <summary>Before any commit.</summary>
    public static readonly Timestamp Zero;

    /// <summary>The timestamp of a moment on the wall clock.</summary>
    public static Timestamp FromClock(DateTimeOffset moment) => new((moment - DateTimeOffset.UnixEpoch).Ticks * 100);

    /// <summary>Milliseconds since the epoch with a fraction, as <c>_creationTime</c> has them: <c>floor(ns / 1e6) + (ns mod 1e6) * 1e-6</c>.</summary>
    public double ToMilliseconds() => Nanoseconds / 1_000_000 + Nanoseconds % 1_000_000 * 1e-6;

    /// <summary>The wire form of the sync protocol: base64 of 8 bytes, little endian.</summary>
    public string ToWire()
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Nanoseconds);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Reads the wire form; false when it is not base64 of exactly 8 bytes or is negative.</summary>
    public static bool TryParseWire(string text, out Timestamp timestamp)
    {
        Span<byte> bytes = stackalloc byte[8];
        timestamp = Zero;
        if (!Convert.TryFromBase64String(text, bytes, out var written) || written != 8) return false;
        timestamp = new(BinaryPrimitives.ReadInt64LittleEndian(bytes));
        return timestamp.Nanoseconds >= 0;
    }

    /// <inheritdoc/>
    public int CompareTo(Timestamp other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <inheritdoc/>
    public override string ToString() => Nanoseconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>Earlier.</summary>
    public static bool operator <(Timestamp left, Timestamp right) => left.Nanoseconds < right.Nanoseconds;

    /// <summary>Later.</summary>
    public static bool operator >(Timestamp left, Timestamp right) => left.Nanoseconds > right.Nanoseconds;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(Timestamp left, Timestamp right) => left.Nanoseconds <= right.Nanoseconds;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(Timestamp left, Timestamp right) => left.Nanoseconds >= right.Nanoseconds;
}
