using Fresnel.Engine;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Jobs;
using Fresnel.Runtime.Logs;
using Microsoft.Extensions.Logging;

namespace Fresnel.Runtime.Invocations;

/// <summary>What every invocation needs of its deployment.</summary>
internal sealed record InvokerParts(
    Database Database, FunctionCatalog Catalog, FunctionRunners Runners, FunctionLog FunctionLog, PageCursor Cursors, FunctionHandles Handles, TokenSigner Tokens, DeploymentOptions Options)
{
    /// <summary>The clock.</summary>
    public TimeProvider Time => Options.Time;

    /// <summary>The log of this room.</summary>
    public ILogger Log { get; } = Options.Log.CreateLogger("Fresnel.Runtime.Invocations");

    /// <summary>How many jobs there are.</summary>
    public OutstandingJobs OutstandingJobs { get; } = new(Database, Options.Limits, Options.Time);

    /// <summary>What one tree of invocations may use.</summary>
    public UsageCeilings Ceilings { get; } = UsageCeilings.Of(Options);

    /// <summary>Whole milliseconds, as <c>Date.now()</c> has them.</summary>
    public double NowMilliseconds => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Fresh random bytes.</summary>
    public byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        Options.Entropy.Fill(bytes);
        return bytes;
    }

    /// <summary>A name for an invocation that no other has.</summary>
    public string NewInvocationId() => Convert.ToHexStringLower(RandomBytes(16));
}
