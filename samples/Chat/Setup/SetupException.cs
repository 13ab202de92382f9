namespace Chat.Setup;

/// <summary>The sample could not be made ready. The message says why, and what to do.</summary>
internal sealed class SetupException(string message, Exception? inner = null) : Exception(message, inner);
