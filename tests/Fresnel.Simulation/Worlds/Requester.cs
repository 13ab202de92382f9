using Fresnel.Runtime.Invocations;

namespace Fresnel.Simulation.Worlds;

/// <summary>A session that outlives processes: it sends a request until it is answered, to whichever life there is, always under the same number.</summary>
internal sealed class Requester(string session, World world, Random random)
{
    private uint _request;
    private bool _isSent;

    /// <summary>Sends requests until the life ends.</summary>
    public async Task RunAsync(Life life)
    {
        await Task.Yield();
        while (!life.IsOver)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_isSent ? random.Next(10, 200) : random.Next(1, 12)), world.Time);
            if (life.IsOver || (!_isSent && !life.GoesOn())) return;
            if (_isSent) world.Counts.RequestsSentAgain++;
            _isSent = true;
            var token = $"{session}/{_request}";
            try
            {
                var outcome = await life.Deployment.Invoker.Mutate(WorldFunctions.Call(WorldFunctions.Request, "token", token), new RequestKey(session, _request), life.Stopping).Completed;
                if (outcome.Error is { SystemCode: null } error) throw new InvalidDataException($"Request {token} failed: {error.FullText}");
                if (outcome.Error is not null) continue;
            }
            catch (Exception exception) when (exception is InvocationAbandonedException || life.Forgives(exception))
            {
                continue;
            }

            world.Promises.Answered(token);
            world.Course.Note(_request);
            _isSent = false;
            _request++;
        }
    }
}
