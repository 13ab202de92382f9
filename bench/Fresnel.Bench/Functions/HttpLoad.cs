using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fresnel.Bench.Functions;

/// <summary>A light HTTP client: one thread, plain sockets that are kept open, one request in flight on each.</summary>
/// <remarks>A client of the platform's own costs more than some of the servers that are measured with it.</remarks>
internal sealed class HttpLoad : IDisposable
{
    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] LastChunk = "\r\n0\r\n\r\n"u8.ToArray();
    private static readonly byte[] LengthName = "content-length: "u8.ToArray();
    private static readonly byte[] Success = "\"status\":\"success\""u8.ToArray();

    private readonly List<Connection> _connections = [];
    private readonly string _head;
    private readonly Random _random = new(1);

    private HttpLoad(Uri server, int clients)
    {
        _head = $"Host: {server.Authority}\r\nContent-Type: application/json\r\nContent-Length: ";
        for (var i = 0; i < clients; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, server.Port);
            _connections.Add(new Connection(socket));
        }
    }

    public static HttpLoad Open(string url, int clients) => new(new Uri(url), clients);

    /// <summary>One call, whose answer is returned.</summary>
    public string Call(string route, string body)
    {
        var connection = _connections[0];
        Send(connection, route, body);
        while (!Receive(connection)) { }
        var answer = Encoding.UTF8.GetString(connection.Answer);
        connection.Held = 0;
        return answer;
    }

    /// <summary>Calls as fast as answers come.</summary>
    /// <param name="route">E.g. <c>/api/mutation</c>.</param>
    /// <param name="seconds">For how long; what was begun before is waited for.</param>
    /// <param name="body">Makes a request's body.</param>
    /// <returns>Calls, and the milliseconds that each took.</returns>
    public List<double> Run(string route, double seconds, Func<Random, string> body)
    {
        var latencies = new List<double>();
        var until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        foreach (var connection in _connections) Send(connection, route, body(_random));
        var open = _connections.Count;
        var bySocket = _connections.ToDictionary(connection => connection.Socket);
        var ready = new List<Socket>();
        while (open > 0)
        {
            ready.Clear();
            ready.AddRange(_connections.Where(connection => connection.IsWaiting).Select(connection => connection.Socket));
            Socket.Select(ready, null, null, TimeSpan.FromSeconds(30));
            if (ready.Count == 0) throw new TimeoutException($"No answer for 30 s from {route}.");
            foreach (var socket in ready)
            {
                var connection = bySocket[socket];
                if (!Receive(connection)) continue;
                var now = Stopwatch.GetTimestamp();
                latencies.Add(Stopwatch.GetElapsedTime(connection.Begun, now).TotalMilliseconds);
                connection.Held = 0;
                if (now < until) Send(connection, route, body(_random));
                else
                {
                    connection.IsWaiting = false;
                    open--;
                }
            }
        }

        return latencies;
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Socket.Dispose();
    }

    private void Send(Connection connection, string route, string body)
    {
        var length = Encoding.UTF8.GetByteCount(body).ToString(CultureInfo.InvariantCulture);
        var bytes = Encoding.UTF8.GetBytes($"POST {route} HTTP/1.1\r\n{_head}{length}\r\n\r\n{body}");
        connection.Begun = Stopwatch.GetTimestamp();
        connection.IsWaiting = true;
        for (var sent = 0; sent < bytes.Length;) sent += connection.Socket.Send(bytes.AsSpan(sent));
    }

    /// <summary>Reads once; says whether the answer is whole.</summary>
    private static bool Receive(Connection connection)
    {
        if (connection.Held == connection.Buffer.Length) Array.Resize(ref connection.Buffer, connection.Held * 2);
        var count = connection.Socket.Receive(connection.Buffer.AsSpan(connection.Held));
        if (count == 0) throw new InvalidOperationException("The server closed a connection.");
        connection.Held += count;

        var answer = connection.Answer;
        var end = answer.IndexOf(HeadEnd);
        if (end < 0) return false;
        var head = answer[..(end + 2)];
        if (!head.StartsWith("HTTP/1.1 200"u8)) throw new InvalidOperationException(Encoding.UTF8.GetString(answer));
        if (!IsWhole(head, answer[(end + HeadEnd.Length)..], answer)) return false;
        if (answer.IndexOf(Success) < 0) throw new InvalidOperationException(Encoding.UTF8.GetString(answer));
        return true;
    }

    private static bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, ReadOnlySpan<byte> answer)
    {
        for (var at = 0; at < head.Length;)
        {
            var line = head[at..];
            line = line[..line.IndexOf((byte)'\n')];
            at += line.Length + 1;
            if (line.Length <= LengthName.Length || !Ascii.EqualsIgnoreCase(line[..LengthName.Length], LengthName)) continue;
            return body.Length >= int.Parse(line[LengthName.Length..].TrimEnd((byte)'\r'), CultureInfo.InvariantCulture);
        }

        return answer.EndsWith(LastChunk);
    }

    private sealed class Connection(Socket socket)
    {
        public byte[] Buffer = new byte[16 * 1024];

        public Socket Socket { get; } = socket;

        public int Held { get; set; }

        public long Begun { get; set; }

        public bool IsWaiting { get; set; }

        public ReadOnlySpan<byte> Answer => Buffer.AsSpan(0, Held);
    }
}
