using System.Text;
using Fresnel.Runtime.Clr;
using Fresnel.Values;
using Xunit;
using static Fresnel.Runtime.Tests.Clr.ClrDeployment;

namespace Fresnel.Runtime.Tests.Clr;

public sealed class ClrFailureTests
{
    [Fact]
    public async Task An_exception_is_told_with_its_name_and_the_frames_of_the_author()
    {
        await using var deployment = await StartAsync();

        var error = (await deployment.QueryAsync("notes:fail")).Error!;

        Assert.Equal("Uncaught InvalidOperationException: boom at True", error.Message);
        Assert.Null(error.Data);
        Assert.StartsWith("at Notes.Fail (Notes.cs:", Assert.Single(error.Frames), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ConvexError_carries_its_data_and_asynchronous_frames_are_named_as_written()
    {
        await using var deployment = await StartAsync();

        var error = (await deployment.QueryAsync("notes:failLater")).Error!;

        Assert.Equal("Uncaught ConvexError: {\"code\":\"TEAPOT\"}", error.Message);
        Assert.Equal("{\"code\":\"TEAPOT\"}", Encoding.UTF8.GetString(error.Data!.Value.Span));
        Assert.StartsWith("at Notes.FailLaterAsync (Notes.cs:", Assert.Single(error.Frames), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_message_is_cut_between_characters()
    {
        var error = ClrFailure.From(new InvalidOperationException(string.Concat(Enumerable.Repeat("é😀", 20_000))));

        Assert.InRange(Encoding.UTF8.GetByteCount(error.Message), 65_530, 65_536);
        Assert.DoesNotContain('\ufffd', Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(error.Message)));
    }

    [Fact]
    public void An_exception_without_a_text_is_told_by_its_name() =>
        Assert.Equal("Uncaught Error", ClrFailure.From(new DeveloperException("X", "")).Message);
}
