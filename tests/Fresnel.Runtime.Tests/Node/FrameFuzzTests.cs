using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fresnel.Runtime.Node;
using Xunit;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>What cuts and reads the bytes of a worker: whatever comes, it is a frame or it is malformed, and nothing else happens.</summary>
/// <remarks>A million frames; more with <c>FRESNEL_FUZZ_FRAMES</c>, the same ones again with <c>FRESNEL_SEED</c>.</remarks>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    private static readonly int Frames = Setting("FRESNEL_FUZZ_FRAMES", 1_000_000);

    private static readonly (FrameKind Kind, Action<ReadOnlyMemory<byte>> Read, byte[] Example)[] Readers =
    [
        (FrameKind.Hello, payload => WorkerMessages.ReadHello(payload), """{"token":"0123"}"""u8.ToArray()),
        (FrameKind.Syscall, payload => WorkerMessages.ReadSyscall(payload), [1, 0, 0, 0, 7, 0, .. "1.0/get{\"id\":\"x\"}"u8]),
        (FrameKind.Post, payload => WorkerMessages.ReadPost(payload), [10, 0, .. "1.0/remove{\"id\":\"x\"}"u8]),
        (FrameKind.OpenQuery, payload => WorkerMessages.ReadQuery(FrameKind.OpenQuery, payload), [1, 0, 0, 0, .. "{\"query\":{}}"u8]),
        (FrameKind.CloseQuery, payload => WorkerMessages.ReadQuery(FrameKind.CloseQuery, payload), [1, 0, 0, 0]),
        (FrameKind.Next, payload => WorkerMessages.ReadNext(payload), [1, 0, 0, 0, 2, 0, 0, 0]),
        (FrameKind.Consumed, payload => WorkerMessages.ReadConsumed(payload), [1, 0, 0, 0, 2, 0, 0, 0]),
        (FrameKind.Log, payload => WorkerMessages.ReadLog(payload), """{"level":"LOG","messages":["'x'","1"],"truncated":false,"at":1700000000000.5}"""u8.ToArray()),
        (FrameKind.Result, payload => WorkerMessages.ReadResult(payload), [1, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, .. "null"u8]),
        (FrameKind.Result, payload => WorkerMessages.ReadResult(payload), [0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, .. """{"message":"Uncaught Error: x","frames":["at f (../convex/a.ts:1:2)"],"data":"{\"code\":7}"}"""u8]),
        (FrameKind.Importing, payload => WorkerMessages.ReadImporting(payload), "1"u8.ToArray()),
        (FrameKind.ResponseHead, payload => WorkerMessages.ReadResponseHead(payload), """{"status":200,"headers":[["a","b"],["set-cookie","c"]],"route":"/x"}"""u8.ToArray()),
        (FrameKind.Demand, payload => WorkerMessages.ReadDemand(payload), [0, 0, 1, 0]),
    ];

    [Fact]
    public void A_million_payloads_are_read_or_malformed()
    {
        var random = Seeded(out var seed);
        var (read, malformed) = (0, 0);
        for (var at = 0; at < Frames; at++)
        {
            var (kind, reader, example) = Readers[random.Next(Readers.Length)];
            // Most are as they should be: what is wrong must be found among them, and an exception takes its time.
            var payload = random.Next(5) == 0 ? Mutated(random, example) : example;
            try
            {
                reader(payload);
                read++;
            }
            catch (MalformedFrameException)
            {
                malformed++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"Seed {seed}, payload {at}, {kind}: {Convert.ToHexString(payload)} ({Encoding.UTF8.GetString(payload)}) ended in {fault}");
            }
        }

        output.WriteLine($"Seed {seed}: {read} were read, {malformed} are malformed.");
        Assert.True(read > 0 && malformed > 0);
    }

    [Fact]
    public void Frames_come_out_as_they_went_in_however_the_bytes_arrive()
    {
        var random = Seeded(out var seed);
        var sent = new List<(byte Kind, ulong Invocation, byte[] Payload)>();
        var stream = new MemoryStream();
        for (var at = 0; at < Frames / 20; at++)
        {
            var payload = new byte[random.Next(1_000) == 0 ? random.Next(200_000) : random.Next(64)];
            random.NextBytes(payload);
            sent.Add(((byte)random.Next(256), (ulong)random.NextInt64(), payload));
            Write(stream, sent[^1]);
        }

        var (bytes, position, taken) = (stream.ToArray(), 0, 0);
        var reader = new FrameReader();
        while (position < bytes.Length)
        {
            var room = reader.Room;
            Assert.False(room.IsEmpty, $"Seed {seed}: no room at {position}.");
            var count = Math.Min(Math.Min(room.Length, bytes.Length - position), 1 + random.Next(100_000));
            bytes.AsSpan(position, count).CopyTo(room);
            position += count;
            reader.Add(count);
            while (reader.TryTake(out var frame))
            {
                var (kind, invocation, payload) = sent[taken++];
                if ((byte)frame.Kind != kind || frame.Invocation != invocation || !frame.Payload.Span.SequenceEqual(payload)) Assert.Fail($"Seed {seed}: frame {taken} came out as another.");
            }
        }

        Assert.Equal(sent.Count, taken);
    }

    [Fact]
    public void Bytes_that_are_no_frames_are_refused_at_once()
    {
        var random = Seeded(out var seed);
        for (var at = 0; at < Frames / 100; at++)
        {
            var reader = new FrameReader();
            var garbage = new byte[random.Next(1, 400)];
            random.NextBytes(garbage);
            garbage.CopyTo(reader.Room);
            reader.Add(garbage.Length);
            try
            {
                while (reader.TryTake(out _))
                {
                }

                // Less than a frame, or one that is said to be longer than what has come.
                Assert.True(reader.Room.Length <= 64 * 1024, $"Seed {seed}: {reader.Room.Length} bytes are held ready.");
            }
            catch (MalformedFrameException)
            {
                // Most of them.
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Frame.Head - 1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(Frame.Greatest + 1)]
    public void A_length_out_of_bounds_is_malformed(int length) => Assert.Throws<MalformedFrameException>(() => Announce(length));

    [Fact]
    public void A_great_frame_costs_what_has_come_of_it_and_no_more()
    {
        var reader = Announce(Frame.Greatest);
        Assert.True(reader.Room.Length <= 64 * 1024);
        var piece = new byte[1 << 20];
        for (var held = Frame.Prefix; held < 8 << 20;)
        {
            var room = reader.Room;
            var count = Math.Min(piece.Length, room.Length);
            piece.AsSpan(0, count).CopyTo(room);
            reader.Add(count);
            held += count;
            Assert.False(reader.TryTake(out _));
            Assert.True(reader.Room.Length <= Math.Max(64 * 1024, held), $"{reader.Room.Length} bytes are held ready for {held}.");
        }
    }

    private static FrameReader Announce(int length)
    {
        var reader = new FrameReader();
        BinaryPrimitives.WriteInt32LittleEndian(reader.Room, length);
        reader.Add(Frame.Prefix);
        reader.TryTake(out _);
        return reader;
    }

    private static void Write(Stream stream, (byte Kind, ulong Invocation, byte[] Payload) frame)
    {
        Span<byte> head = stackalloc byte[Frame.Prefix + Frame.Head];
        BinaryPrimitives.WriteInt32LittleEndian(head, Frame.Head + frame.Payload.Length);
        head[Frame.Prefix] = frame.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(head[(Frame.Prefix + 1)..], frame.Invocation);
        stream.Write(head);
        stream.Write(frame.Payload);
    }

    /// <summary>An example with some of its bytes changed, cut, doubled or put in from elsewhere.</summary>
    internal static byte[] Mutated(Random random, byte[] example)
    {
        var bytes = example.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(7))
            {
                case 0 when at < bytes.Count: bytes[at] = (byte)random.Next(256); break;
                case 1 when at < bytes.Count: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveRange(at, Math.Min(random.Next(8), bytes.Count - at)); break;
                case 3: bytes.RemoveRange(at, bytes.Count - at); break;
                case 4: bytes.InsertRange(at, Pieces[random.Next(Pieces.Length)]); break;
                case 5: bytes.InsertRange(at, bytes.GetRange(0, Math.Min(at, 16))); break;
                default: bytes.Insert(at, (byte)random.Next(256)); break;
            }
        }

        return [.. bytes];
    }

    private static readonly byte[][] Pieces =
        [.. ((string[])["null", "1e400", "-1", "[]", "{}", "\"\"", "\\ud800", "\"\\ud800\"", "{\"a\":", "[[[[[[[[", ",", "}", "\0", "99999999999999999999", "true", "\u00e9"]).Select(Encoding.UTF8.GetBytes)];

    private static Random Seeded(out int seed)
    {
        seed = Setting("FRESNEL_SEED", System.Environment.TickCount);
        return new Random(seed);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(System.Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var given) ? given : otherwise;
}
