using System.Text;
using Fresnel.Protocol.Sync;
using Fresnel.Testing;
using Xunit;

namespace Fresnel.Server.Tests.Sync;

public sealed class ClientMessageReaderTests(ITestOutputHelper output)
{
    private static readonly string[] Messages =
    [
        """{"type":"Connect","sessionId":"7c1f0f5e-2d54-4d0f-9a55-0c7f3a1be001","connectionCount":1,"lastCloseReason":null,"maxObservedTimestamp":"AADvZLo/SRg=","clientTs":1750000000120}""",
        """{"type":"ModifyQuerySet","baseVersion":0,"newVersion":1,"modifications":[{"type":"Add","queryId":0,"udfPath":"messages:list","args":[{"limit":{"$integer":"KgAAAAAAAAA="}}],"journal":null},{"type":"Remove","queryId":1}]}""",
        """{"type":"Mutation","requestId":3,"udfPath":"messages:send","args":[{"body":"hello \ud83d\ude00","channel":"general"}]}""",
        """{"type":"Action","requestId":4,"udfPath":"ai:summarize","args":[{}],"componentPath":"a/b"}""",
        """{"type":"Authenticate","baseVersion":0,"tokenType":"Admin","value":"mydep|01ab","impersonating":{"issuer":"https://id.example.com","subject":"u_17"}}""",
        """{"type":"Authenticate","baseVersion":1,"tokenType":"None"}""",
        """{"type":"Event","eventType":"NetworkRecoveryReconnect","event":{"timeSavedMs":3120}}""",
    ];

    [Fact]
    public void The_messages_of_the_specification_are_read()
    {
        var messages = Messages.Select(message => ClientMessageReader.Read(Encoding.UTF8.GetBytes(message))).ToList();
        var connect = Assert.IsType<Connect>(messages[0]);
        Assert.Equal((1u, null, 1750000000000000000), (connect.ConnectionCount, connect.LastCloseReason, connect.MaxObservedTimestamp!.Value.Nanoseconds));
        var modify = Assert.IsType<ModifyQuerySet>(messages[1]);
        var add = Assert.IsType<AddQuery>(modify.Modifications[0]);
        Assert.Equal("""[{"limit":{"$integer":"KgAAAAAAAAA="}}]""", Encoding.UTF8.GetString(add.Arguments.Span));
        Assert.IsType<RemoveQuery>(modify.Modifications[1]);
        var call = Assert.IsType<MutationMessage>(messages[2]).Call;
        Assert.Equal((3u, "messages:send", (string?)null), (call.RequestId, call.Path, call.ComponentPath));
        Assert.Equal("a/b", Assert.IsType<ActionMessage>(messages[3]).Call.ComponentPath);
        Assert.NotNull(Assert.IsType<Authenticate>(messages[4]).Impersonating);
        Assert.Null(Assert.IsType<Authenticate>(messages[5]).Impersonating);
        Assert.IsType<ClientEvent>(messages[6]);
    }

    /// <summary>Bytes are changed, cut out and doubled at random: the reader returns a message or says that it is none, and does nothing else.</summary>
    [Fact, Spec("client-protocol", 14)]
    public void Damaged_messages_are_refused_in_one_way()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var message = Encoding.UTF8.GetBytes(Messages[random.Next(Messages.Length)]).ToList();
            for (var damage = random.Next(1, 4); damage > 0; damage--)
            {
                var at = random.Next(message.Count);
                switch (random.Next(3))
                {
                    case 0: message[at] = (byte)random.Next(256); break;
                    case 1: message.RemoveRange(at, Math.Min(random.Next(1, 8), message.Count - at)); break;
                    default: message.InsertRange(at, message.GetRange(at, Math.Min(random.Next(1, 30), message.Count - at))); break;
                }

                if (message.Count == 0) break;
            }

            try
            {
                ClientMessageReader.Read(message.ToArray());
            }
            catch (InvalidMessageException)
            {
                // As it should be.
            }
        }
    }
}
