namespace Chat.StandIn;

/// <summary>How the stand-in ends a reply.</summary>
internal enum Ending
{
    /// <summary>As it should.</summary>
    Full,

    /// <summary>It does not even begin.</summary>
    Refusal,

    /// <summary>It says nothing more, and does not hang up.</summary>
    Silence,

    /// <summary>It hangs up in the middle.</summary>
    Cut,
}

/// <summary>What the stand-in will say to a message. Some words in it make the stand-in fail, for those who want to see that.</summary>
/// <param name="Text">The words.</param>
/// <param name="Ending">What comes after the last one.</param>
internal sealed record Script(string Text, Ending Ending)
{
    private const string Opening = "I was about to say something, when";

    private const string Body =
        """
        I am a stand-in: I have no mind, only a keyboard. Everything between us is real, though. A mutation wrote your message down and scheduled a job. An action asked me for a reply over HTTP, as it would ask any model. Each time I type, a mutation writes it down, and a live query carries it to every window that is open on this thread.

        Say “refuse”, “hang” or “break off”, and you will see what happens when a model does that. Say “at length”, and I will not stop so soon.
        """;

    private static readonly string[] More =
    [
        """
        You asked for length. A reply grows in passages of about a thousand characters, and only the last one changes. A window that joins late reads the full passages once and then, like all the others, hears only of the one that grows. So a long reply costs what its text costs, and not the square of it.
        """,
        """
        Nothing here is kept in the memory of a process that must not die. What you see was committed before it was shown, to a log on a disk. If the server were to fall over in the middle of this sentence, the sentence would stand here as far as it had come, with a word of regret below it.
        """,
        """
        It is the job that knows. It was marked as under way before I was asked for the first word, and a server that starts again finds the mark and says: nobody is writing that any more. An action is never run twice behind your back, since nobody can know what it has done in the world already. You may press a button and have it run again; that is your decision then.
        """,
        """
        The page knows none of this. It asks for the messages of a thread and for the passages of a reply, and it is told when an answer changes. All that it is told at once belongs to one moment: you will never see a reply complete and still growing.
        """,
    ];

    public static Script For(string message)
    {
        bool Says(string words) => message.Contains(words, StringComparison.OrdinalIgnoreCase);
        if (Says("refuse")) return new("The stand-in was asked to refuse, and it does.", Ending.Refusal);
        if (Says("hang")) return new(Opening, Ending.Silence);
        if (Says("break off")) return new(Opening, Ending.Cut);
        var text = $"You wrote: “{Quote(message)}”\n\n{Body}";
        return new(Says("at length") ? string.Join("\n\n", [text, .. More, .. More]) : text, Ending.Full);
    }

    /// <summary>What the stand-in makes of a conversation: <c>user: …</c> and <c>assistant: …</c>, one after the other.</summary>
    public static Script Summary(string conversation)
    {
        const string User = "user: ";
        var said = conversation.Split('\n').Where(line => line.StartsWith(User, StringComparison.Ordinal)).Select(line => line[User.Length..]).ToList();
        return new(said.Count == 0 ? "Nothing was said yet." : $"{said.Count} {(said.Count == 1 ? "message" : "messages")} so far, the last one: “{Quote(said[^1])}”", Ending.Full);
    }

    private static string Quote(string message) => message.Length <= 120 ? message : $"{message[..119]}…";
}
