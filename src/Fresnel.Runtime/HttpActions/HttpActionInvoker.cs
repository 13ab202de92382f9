using Fresnel.Engine.Transactions;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.HttpActions;

/// <summary>Runs HTTP actions: finds <c>http.js</c>, lets it route the request, brings its answer to the client as it comes.</summary>
/// <remarks>
/// The function decides what is answered; the system answers itself only where there is no function, no room, or an error before the function answered.
/// The function runs until its answer has ended, also when the client is gone by then. Source: <c>spec/function-runtime.md</c> §5.5.
/// </remarks>
internal sealed class HttpActionInvoker(InvokerParts parts, InvocationGate gate, FunctionInvoker invoker)
{
    private const string Module = "http.js";
    private static readonly FunctionPath Router = new("http", "default");
    private static readonly FunctionDefinition Function =
        new(Router, FunctionKind.HttpAction, FunctionVisibility.Public, ModuleEnvironment.Isolate, Validator.Any, null);

    /// <summary>Answers one request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="response">Where the answer goes.</param>
    /// <param name="stopping">Ends it from outside.</param>
    public async Task RunAsync(HttpActionRequest request, IHttpActionResponse response, CancellationToken stopping)
    {
        var code = await LoadAsync(stopping);
        if (!code.Modules.Modules.Any(module => module.Path == Module))
        {
            await HttpActionFailure.AnswerTextAsync(response, 404, "This Convex deployment does not have HTTP actions enabled.");
            return;
        }

        if (!HttpActionRequest.IsRoutable(request.Method))
        {
            await HttpActionFailure.AnswerTextAsync(response, 405, $"HTTP actions do not support the method {request.Method}.");
            return;
        }

        using var place = await gate.TryEnterAsync(stopping);
        if (place is null) await HttpActionFailure.AnswerRefusalAsync(response, 503, gate.Overloaded.SystemCode!, gate.Overloaded.Message);
        else await RunInPlaceAsync(request, response, code, stopping);
    }

    private async ValueTask<ComponentCode> LoadAsync(CancellationToken cancellationToken)
    {
        using var transaction = parts.Database.BeginRead(limits: TransactionLimits.None);
        return await parts.Catalog.LoadAsync(transaction, component: "", cancellationToken);
    }

    private async Task RunInPlaceAsync(HttpActionRequest request, IHttpActionResponse response, ComponentCode code, CancellationToken stopping)
    {
        var call = new FunctionCall
        {
            Path = Router,
            Arguments = "[]"u8.ToArray(),
            Identity = request.Identity,
            Caller = FunctionCaller.HttpEndpoint,
            RequestId = request.RequestId,
            Origin = request.Origin,
        };
        var limits = parts.Options.Limits;
        using var exchange = new HttpExchange(request, limits.HttpRequestBytes);
        HttpDelivery? delivery = null;
        var report = new InvocationReport(parts, call, FunctionKind.HttpAction, () => $"{request.Method} {delivery?.Head?.Route ?? request.Path}");
        var log = new FunctionLogBuffer(limits, line => report.Progress(line, Function));
        delivery = new HttpDelivery(exchange, response, limits.HttpResponseBytes, log.Add, parts.Time);
        var delivering = delivery.RunAsync();

        InvocationResult result;
        try
        {
            result = await InvokeAsync(call, code, exchange, log, stopping);
        }
        finally
        {
            await exchange.EndAsync();
            await delivering;
        }

        if (result.Error is { } error) await TellAsync(error, exchange, delivery, response);
        report.Completed(
            new FunctionOutcome { Value = result.Value, Error = result.Error, LogLines = log.ToList(), RequestId = request.RequestId },
            Function, result.UserTime, default, [], delivery.Head?.Status, delivery.Bytes);
    }

    private async ValueTask<InvocationResult> InvokeAsync(FunctionCall call, ComponentCode code, HttpExchange exchange, FunctionLogBuffer log, CancellationToken stopping)
    {
        using var limit = new TimeLimit(parts, parts.Options.Limits.ActionTime + ActionInvoker.Grace, stopping);
        var scope = new ActionScope(parts, invoker, call, code, Function, log);
        try
        {
            return await parts.Runners.For(Function).InvokeAsync(
                new Invocation
                {
                    Function = Function,
                    Code = code,
                    Arguments = ReadOnlyMemory<byte>.Empty,
                    InvocationId = parts.NewInvocationId(),
                    StartMilliseconds = parts.NowMilliseconds,
                    Seed = parts.RandomBytes(32),
                    Scope = scope,
                    Http = exchange,
                },
                limit.Token);
        }
        catch (InvocationAbandonedException exception) when (exception.Reason == AbandonReason.WorkerLost)
        {
            return Failed(new FunctionError(ActionInvoker.TransientError, [], null));
        }
        catch (Exception exception) when (limit.Explains(exception, call) is { } error)
        {
            return Failed(error);
        }
        catch (Exception exception) when (stopping.IsCancellationRequested && exception is OperationCanceledException or InvocationAbandonedException)
        {
            return Failed(FunctionRefusal.System(FunctionRefusal.InternalCode));
        }
        finally
        {
            scope.Close();
        }
    }

    private async ValueTask TellAsync(FunctionError error, HttpExchange exchange, HttpDelivery delivery, IHttpActionResponse response)
    {
        if (delivery.Head is not null)
        {
            delivery.Break();
            return;
        }

        try
        {
            if (exchange.IsRequestTooLarge)
            {
                await HttpActionFailure.AnswerRefusalAsync(response, 413, "RequestBodyTooLarge", HttpActionRequest.TooLargeText(exchange.MostRequestBytes));
                return;
            }

            var redacts = parts.Options.Environment == DeploymentEnvironment.Production;
            if (error.SystemCode is { } code) await HttpActionFailure.AnswerRefusalAsync(response, code == FunctionRefusal.InternalCode ? 500 : 503, code, error.Message);
            else await HttpActionFailure.AnswerErrorAsync(response, error, exchange.Request.RequestId, redacts);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client is gone.
        }
    }

    private static InvocationResult Failed(FunctionError error) => new(default, error, false, TimeSpan.Zero);
}
