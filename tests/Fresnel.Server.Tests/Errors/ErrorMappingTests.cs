using System.Net.WebSockets;
using Fresnel.Protocol.Sync;
using Fresnel.Runtime.Invocations;
using Fresnel.Server.Errors;
using Fresnel.Server.Sync;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Server.Tests.Errors;

/// <summary>The tables of <c>spec/client-protocol.md</c> §2.13 and 5.1.</summary>
public sealed class ErrorMappingTests
{
    [Theory]
    [InlineData("BadRequest", 400, 1005, null, nameof(FatalError))]
    [InlineData("Unauthenticated", 401, 1005, null, nameof(AuthError))]
    [InlineData("Forbidden", 403, 1000, "TheCode", nameof(FatalError))]
    [InlineData("NotFound", 404, 1000, "TheCode", null)]
    [InlineData("Conflict", 409, 1005, null, nameof(FatalError))]
    [InlineData("RateLimited", 429, 1013, "TheCode", null)]
    [InlineData("Unavailable", 503, 1013, "TheCode", null)]
    [InlineData("NotBuilt", 501, 1005, null, nameof(FatalError))]
    [InlineData("Internal", 500, 1011, "InternalServerError", null)]
    public void Each_kind_of_failure_has_its_status_and_its_close_code(string kind, int status, int closeCode, string? reason, string? lastWords)
    {
        var error = new RequestException(Enum.Parse<RequestErrorKind>(kind), "TheCode", "the text");
        var end = SessionErrors.EndOf(error);
        Assert.Equal(status, RequestErrors.StatusOf(error.Kind));
        Assert.Equal((closeCode, reason), ((int)end.Status, end.Reason));
        Assert.Equal(lastWords, end.LastWords?.Invoke(new StateVersion(3, 2, Timestamp.Zero)).GetType().Name);
    }

    [Fact]
    public void An_auth_error_names_the_identity_that_was_sent_last()
    {
        var end = SessionErrors.EndOf(new RequestException(RequestErrorKind.Unauthenticated, "BadAdminKey", "no"));
        Assert.Equal(new AuthError("no", 2, AuthUpdateAttempted: true), end.LastWords!(new StateVersion(3, 2, Timestamp.Zero)));
    }

    [Fact]
    public void A_reason_is_never_longer_than_a_close_frame_takes()
    {
        var end = SessionErrors.EndOf(new RequestException(RequestErrorKind.Unavailable, new string('x', 500), "no"));
        Assert.Equal(123, end.Reason!.Length);
    }

    [Theory]
    [InlineData("InternalServerError", "Internal")]
    [InlineData("TooManyConcurrentRequests", "Unavailable")]
    [InlineData("OptimisticConcurrencyControlFailure", "Unavailable")]
    public void A_fault_of_the_system_is_a_failed_request(string code, string kind)
    {
        var outcome = new FunctionOutcome { RequestId = "x", Error = new FunctionError("text", [], null) { SystemCode = code } };
        var error = Assert.Throws<RequestException>(() => RequestErrors.ThrowIfFault(outcome));
        Assert.Equal((kind, code), (error.Kind.ToString(), error.Code));
    }

    [Fact]
    public void What_was_not_foreseen_is_told_in_general_words()
    {
        var error = RequestErrors.Classify(new InvalidDataException("secret detail"));
        Assert.Equal(("InternalServerError", "Your request couldn't be completed. Try again later."), (error.Code, error.Message));
    }
}
