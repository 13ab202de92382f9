using Fresnel.Runtime.Catalog;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.Catalog;

public sealed class FunctionPathTests
{
    [Theory]
    [InlineData("messages:list", "messages", "list")]
    [InlineData("messages.js:list", "messages", "list")]
    [InlineData("admin/reports:monthly", "admin/reports", "monthly")]
    [InlineData("_system/cli/tables", "_system/cli/tables", "default")]
    [InlineData("with-hyphen/a_b:c", "with-hyphen/a_b", "c")]
    public void Every_spelling_is_read(string text, string module, string export)
    {
        Assert.True(FunctionPath.TryParse(text, out var path, out var detail), detail);
        Assert.Equal(new FunctionPath(module, export), path);
    }

    [Fact, Spec("function-runtime", 7)]
    public void The_default_export_has_four_spellings()
    {
        string[] spellings = ["a/b", "a/b:default", "a/b.js", "a/b.js:default"];
        Assert.Single(spellings.Select(text => FunctionPath.TryParse(text, out var path, out _) ? path : default).Distinct());
    }

    [Theory]
    [InlineData("")]
    [InlineData(":list")]
    [InlineData("/messages:list")]
    [InlineData("a//b:list")]
    [InlineData("../secrets:list")]
    [InlineData("a/../b:list")]
    [InlineData("mess ages:list")]
    [InlineData("messages.ts:list")]
    [InlineData("messages:")]
    [InlineData("messages:li st")]
    [InlineData("messages:1st")]
    public void What_is_no_path_is_refused_with_a_reason(string text)
    {
        Assert.False(FunctionPath.TryParse(text, out _, out var detail));
        Assert.NotEmpty(detail);
    }

    [Fact]
    public void A_component_has_64_characters_at_most()
    {
        Assert.True(FunctionPath.TryParse(new string('a', 64), out _, out _));
        Assert.False(FunctionPath.TryParse(new string('a', 65), out _, out _));
    }

    [Fact]
    public void Texts_show_it_in_the_way_of_each_place()
    {
        var list = new FunctionPath("messages", "list");
        var plain = new FunctionPath("messages", "default");
        Assert.Equal(("messages:list", "messages.js:list", "messages:list"), (list.Display, list.Canonical, list.ToString()));
        Assert.Equal(("messages", "messages.js:default", "messages:default"), (plain.Display, plain.Canonical, plain.ToString()));
    }
}
