using System.Net.WebSockets;
using Fresnel.Protocol.Sync;
using Fresnel.Runtime;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Live;
using Fresnel.Server.Auth;
using Fresnel.Server.Errors;
using Fresnel.Values;

namespace Fresnel.Server.Sync;

/// <summary>One sync socket: a reader that takes one message at a time, a writer, and the line of its mutations.</summary>
/// <remarks>
/// Messages are taken strictly in order; the next one is not looked at before the one before was accepted. Accepting a query, a mutation or an action does not wait for it.
/// Whatever goes wrong ends this session and no other. Source: <c>spec/client-protocol.md</c> §2.
/// </remarks>
internal sealed class SyncSession : IDisposable
{
    private readonly WebSocket _socket;
    private readonly Deployment _deployment;
    private readonly AdminAccess _admin;
    private readonly UserTokens _tokens;
    private readonly SyncLimits _limits;
    private readonly (string? Address, string? UserAgent) _origin;
    private readonly bool _redacts;
    private readonly TimeProvider _time;
    private readonly SyncState _state;
    private readonly LiveSession _live;
    private readonly Outbox _outbox;
    private readonly MutationLine _mutations;
    private readonly SyncWriter _writer;
    private long _queryBytes; // Of the arguments of the query set.

    public SyncSession(
        WebSocket socket, Deployment deployment, AdminAccess admin, UserTokens tokens, SyncLimits limits, SyncState state, (string? Address, string? UserAgent) origin)
    {
        _socket = socket;
        _deployment = deployment;
        _admin = admin;
        _tokens = tokens;
        _limits = limits;
        _origin = origin;
        _state = state;
        _redacts = deployment.Options.Environment == DeploymentEnvironment.Production;
        _time = deployment.Options.Time;
        _live = deployment.Live.OpenSession();
        _outbox = new(limits.PendingBytes);
        _mutations = new(deployment.Invoker, _outbox, state, limits.PendingMutations, _redacts);
        _writer = new(socket, _outbox, _live, _mutations, state, limits, _redacts, _time);
    }

    /// <summary>Serves the socket until either side ends it.</summary>
    /// <param name="stopping">Canceled when the application stops.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var cut = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var cutting = cut.Token.Register(_socket.Abort);
        using var shutdown = stopping.Register(() => _outbox.Finish(SessionEnd.ByShutdown));
        using var ended = _outbox.Ended.Register(() => cut.CancelAfter(_limits.CloseTimeout)); // A client that does not close its half is cut off.
        var mutating = _mutations.RunAsync();
        var writing = _writer.RunAsync();
        await ReadAsync(cut.Token);
        await writing;
        _live.Dispose();
        await mutating;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _live.Dispose();
        _writer.Dispose();
        _outbox.Dispose();
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        using var receiver = new MessageReceiver(_socket, _limits.MessageBytes);
        try
        {
            while (await receiver.ReceiveAsync(cancellationToken) is { } message)
            {
                // After the end, what still comes is read only to find the client's close behind it.
                if (_outbox.End is null) await AcceptAsync(message);
                await _outbox.Budget.WaitAsync();
            }

            _outbox.Finish(SessionEnd.ByClient);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            _outbox.Finish(SessionEnd.ByClient);
        }
        catch (Exception exception)
        {
            // The receiver cannot go on behind such a message; and whatever it was, the writer and the line of mutations must hear of the end.
            _outbox.Finish(_state.EndOf(exception));
        }
    }

    private async ValueTask AcceptAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            // The next message is not looked at before a token is verified.
            var said = ClientMessageReader.Read(message.Span);
            if (said is Authenticate authenticate) await OnAuthenticateAsync(authenticate);
            else Dispatch(said, message.Length);
        }
        catch (Exception exception)
        {
            _outbox.Finish(_state.EndOf(exception));
        }
    }

    private void Dispatch(ClientMessage message, int bytes)
    {
        switch (message)
        {
            case Connect connect: OnConnect(connect); break;
            case ModifyQuerySet modify: OnModifyQuerySet(modify); break;
            case MutationMessage mutation: OnMutation(mutation.Call, bytes); break;
            case ActionMessage action: OnAction(action.Call, bytes); break;
            case ClientEvent: break;
        }
    }

    private void OnConnect(Connect connect)
    {
        _state.Connect(connect);
        if (connect.MaxObservedTimestamp is { } observed && observed > _deployment.Database.Published.Timestamp)
        {
            throw BrokenRule("The client has seen a newer timestamp than this deployment has.");
        }
    }

    private void OnModifyQuerySet(ModifyQuerySet modify)
    {
        if (modify.BaseVersion != _state.QuerySetVersion)
        {
            throw RequestException.BadRequest(
                "BaseVersionMismatch", $"Base version {modify.BaseVersion} passed up doesn't match the current version {_state.QuerySetVersion}");
        }

        if (modify.NewVersion <= modify.BaseVersion)
        {
            throw RequestException.BadRequest("BaseVersionMismatch", $"New version {modify.NewVersion} is not after the base version {modify.BaseVersion}");
        }

        var changes = modify.Modifications.Select(Change).ToList();
        _state.QuerySetVersion = modify.NewVersion;
        _live.ChangeQueries(modify.NewVersion, changes);
    }

    private LiveQueryChange Change(QuerySetModification modification)
    {
        if (modification is not AddQuery add)
        {
            if (!_state.Queries.Remove(modification.QueryId, out var removed)) throw BrokenRule($"Query {modification.QueryId} is removed but not in the query set.");
            _queryBytes -= removed.ArgumentBytes;
            return new LiveQueryChange(modification.QueryId, null);
        }

        var call = MakeCall(add.Path, add.Arguments, add.ComponentPath, requestId: "") with { Journal = add.Journal };
        if (!_state.Queries.TryAdd(add.QueryId, new(call.Component.Length > 0, call.Arguments.Length))) throw BrokenRule($"Query {add.QueryId} is added twice.");
        _queryBytes += call.Arguments.Length;
        if (_state.Queries.Count <= _limits.Queries && _queryBytes <= _limits.QueryBytes) return new LiveQueryChange(add.QueryId, call);
        throw new RequestException(
            RequestErrorKind.RateLimited, "TooManyQueries", $"Only up to {_limits.Queries} queries with {_limits.QueryBytes} bytes of arguments allowed on a single websocket.");
    }

    private void OnMutation(RequestedCall requested, int bytes)
    {
        if (EndIfExpired()) return;
        var call = MakeCall(requested.Path, requested.Arguments, requested.ComponentPath, _state.RequestIdOf(requested.RequestId));
        _outbox.Budget.Take(bytes);
        _mutations.Add(requested.RequestId, call, _state.KeyOf(requested.RequestId), bytes);
    }

    private void OnAction(RequestedCall requested, int bytes)
    {
        if (EndIfExpired()) return;
        var call = MakeCall(requested.Path, requested.Arguments, requested.ComponentPath, _state.RequestIdOf(requested.RequestId));
        _state.BeginAction(_limits.PendingActions);
        _outbox.Budget.Take(bytes);
        _ = RunActionAsync(requested.RequestId, call, bytes);
    }

    /// <summary>Runs an action beside everything else. It is carried through even when the session ends: it may have done half of its work in the world.</summary>
    private async Task RunActionAsync(uint requestId, FunctionCall call, int bytes)
    {
        try
        {
            await Task.Yield(); // The reader goes on.
            var outcome = await _deployment.Invoker.ActionAsync(call, CancellationToken.None);
            RequestErrors.ThrowIfFault(outcome);
            _outbox.Answer(new ActionResponse(requestId, FunctionErrors.ResultOf(outcome, _redacts)), bytes);
        }
        catch (Exception exception)
        {
            _outbox.Finish(_state.EndOf(exception));
        }
    }

    private async ValueTask OnAuthenticateAsync(Authenticate authenticate)
    {
        if (authenticate.BaseVersion != _state.IdentityVersion)
        {
            throw BrokenRule($"Identity version {authenticate.BaseVersion} is not the current version {_state.IdentityVersion}.");
        }

        Identity identity;
        DateTimeOffset? expires = null;
        switch (authenticate.TokenType)
        {
            case TokenType.None: identity = Identity.Anonymous; break;
            case TokenType.Admin: identity = Verify(authenticate); break;
            default: (identity, expires) = await VerifyUserAsync(authenticate.Token!); break;
        }

        if (!MayReachComponents(identity) && _state.Queries.Values.Any(query => query.IsInComponent)) throw NotOnComponents();

        _state.ChangeIdentity(identity, expires);
        _live.ChangeIdentity(++_state.IdentityVersion, identity);
    }

    /// <summary>Verifies a user's token. Whatever is wrong with it, the client is to try another one: only a provider that cannot be asked is something else.</summary>
    private async ValueTask<(Identity, DateTimeOffset?)> VerifyUserAsync(string token)
    {
        try
        {
            var user = await _tokens.VerifyAsync(token, _deployment, _outbox.Ended);
            return (user.Identity, user.Expires);
        }
        catch (RequestException refused) when (refused.Kind is RequestErrorKind.BadRequest or RequestErrorKind.Forbidden)
        {
            throw new RequestException(RequestErrorKind.Unauthenticated, refused.Code, refused.Message);
        }
    }

    private Identity Verify(Authenticate authenticate)
    {
        if (!_admin.IsValid(authenticate.Token!)) throw AdminAccess.BadAdminKey();
        if (authenticate.Impersonating is not { } attributes) return Identity.Admin;
        try
        {
            return ActingAs.FromJson(attributes.Span);
        }
        catch (DeveloperException exception)
        {
            throw new RequestException(RequestErrorKind.Unauthenticated, exception.Code, exception.Message);
        }
    }

    /// <summary>Nothing is done for an identity that has expired; the client comes back with a fresh token.</summary>
    private bool EndIfExpired()
    {
        if (!_state.HasExpired) return false;
        _outbox.Finish(SessionEnd.ByExpiry);
        return true;
    }

    private FunctionCall MakeCall(string path, ReadOnlyMemory<byte> arguments, string? componentPath, string requestId)
    {
        if (!FunctionPath.TryParse(path, out var function, out var detail))
        {
            throw RequestException.BadRequest("BadConvexFunctionIdentifier", $"{path} is not a valid path to a Convex function. {detail}");
        }

        if (!string.IsNullOrEmpty(componentPath) && !MayReachComponents(_state.Identity)) throw NotOnComponents();
        return new FunctionCall
        {
            Component = componentPath ?? "",
            Path = function,
            Arguments = arguments,
            Identity = _state.Identity,
            Caller = FunctionCaller.SyncWorker,
            RequestId = requestId,
            Origin = _origin,
        };
    }

    private static bool MayReachComponents(Identity identity) => identity is { IsAdmin: true, Attributes: null };

    private static RequestException NotOnComponents() => BrokenRule("Only admin or system users can call functions on non-root components directly");

    /// <summary>What the client asks for breaks a rule in a way that the protocol answers like a fault of the server.</summary>
    private static RequestException BrokenRule(string rule) => RequestException.Fault(rule);
}
