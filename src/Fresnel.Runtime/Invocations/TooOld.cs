using Fresnel.Engine.Pages;

namespace Fresnel.Runtime.Invocations;

/// <summary>Whether an invocation ended because pages of its snapshot were given up. It is run again; nobody is told.</summary>
internal static class TooOld
{
    public static bool Says(Exception exception) => exception is SnapshotTooOldException or InvocationAbandonedException { Reason: AbandonReason.SnapshotTooOld };
}
