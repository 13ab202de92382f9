namespace Fresnel.Protocol.Sync;

/// <summary>A message that is not JSON or does not fit the protocol.</summary>
/// <param name="detail">Why.</param>
public sealed class InvalidMessageException(string detail) : Exception($"Received Invalid JSON on websocket: {detail}");
