namespace Fresnel.Engine.Snapshots;

/// <summary>Ownership of the nodes born in one batch: whoever holds it may edit them in place, until the batch is sealed and the token is thrown away.</summary>
/// <remarks>Compared by reference only. A sealed batch's token lies in no hand any more, so nobody can edit its nodes again.</remarks>
internal sealed class BatchOwner;
