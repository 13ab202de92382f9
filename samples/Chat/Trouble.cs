using Chat.Setup;
using Fresnel.Engine.Stores;
using Fresnel.Runtime.Node;
using Fresnel.Server;

namespace Chat;

/// <summary>What can go wrong at the start without anybody having made a mistake in this program.</summary>
internal static class Trouble
{
    /// <summary>One sentence that says what to do, or null.</summary>
    public static string? SentenceFor(Exception exception) => exception switch
    {
        SetupException or NodeUnavailableException or PortTakenException or StoreException => exception.Message,
        UnauthorizedAccessException or IOException => $"The data folder cannot be used: {exception.Message}",
        OperationCanceledException => "Stopped before it was ready.",
        _ => null,
    };
}
