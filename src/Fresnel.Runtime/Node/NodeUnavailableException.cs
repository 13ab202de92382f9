namespace Fresnel.Runtime.Node;

/// <summary>TypeScript functions cannot run on this machine: Node is missing, too old, or does not start. The message is one sentence for a person.</summary>
public sealed class NodeUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
