using Fresnel.Engine.Pages;

namespace Fresnel.Engine.Turns;

/// <summary>A transaction waited for its turn in the middle of its run, and what it had read before has changed, or it must take its turns in another order. It is run again, and has them then; nobody is told.</summary>
public sealed class TurnTakenAnewException() : SnapshotTooOldException("The transaction is run again from the roots of its turn.");
