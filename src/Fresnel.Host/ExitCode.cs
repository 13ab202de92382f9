namespace Fresnel.Host;

/// <summary>How the process ended, for the script that started it.</summary>
internal static class ExitCode
{
    /// <summary>It was asked to stop, and did.</summary>
    public const int Success = 0;

    /// <summary>It could not start, or what was asked makes no sense; standard error says why, in one sentence.</summary>
    public const int CannotStart = 1;

    /// <summary>The disk failed to keep what it was given: what is durable can be found out only by starting again. The number is EX_IOERR of <c>sysexits.h</c>.</summary>
    public const int SyncFailed = 74;

    /// <summary>Commits have stopped for another reason: a defect. EX_SOFTWARE.</summary>
    public const int Broken = 70;
}
