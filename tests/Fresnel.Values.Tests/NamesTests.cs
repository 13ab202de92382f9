using Fresnel.Testing;
using Xunit;

namespace Fresnel.Values.Tests;

public sealed class NamesTests
{
    [Theory]
    [InlineData("", "Identifier cannot be empty")]
    [InlineData("1a", "Invalid first character '1' in 1a: Identifiers must start with an alphabetic character or underscore")]
    [InlineData("a😀b", "Identifier a😀b has invalid character '😀': Identifiers can only contain alphanumeric characters or underscores")]
    [InlineData("__", "Identifier __ cannot have exclusively underscores")]
    [InlineData("_a9", null)]
    public void Identifiers_are_told_from_others(string name, string? problem) => Assert.Equal(problem, Identifier.Problem(name));

    [Fact]
    public void Identifiers_are_at_most_64_characters()
    {
        Assert.Null(Identifier.Problem(new('a', 64)));
        Assert.Equal("Identifier is too long (65 > maximum 64)", Identifier.Problem(new('a', 65)));
    }

    [Fact]
    public void Tables_and_indexes_of_users_have_names_of_their_own()
    {
        TableName.RequireUser("users");
        Assert.Equal("_x is a reserved table name.", Assert.Throws<DeveloperException>(() => TableName.RequireUser("_x")).Message);
        Assert.StartsWith("Invalid table name: \"a b\".", Assert.Throws<DeveloperException>(() => TableName.RequireUser("a b")).Message, StringComparison.Ordinal);
        IndexName.RequireUser("users", "by_name");
        Assert.Equal("IndexNameReserved", Assert.Throws<DeveloperException>(() => IndexName.RequireUser("users", "by_id")).Code);
        Assert.Equal("InvalidIndexName", Assert.Throws<DeveloperException>(() => IndexName.RequireUser("users", "a-b")).Code);
    }

    [Fact]
    public void Paths_are_identifiers_joined_by_dots()
    {
        Assert.Equal(["a", "_b"], FieldPath.Parse(".a._b.").Components);
        Assert.Equal(FieldPath.Parse("a._b"), FieldPath.Parse("a._b."));
        Assert.Equal("Empty path ..", Assert.Throws<DeveloperException>(() => FieldPath.Parse("..")).Message);
        Assert.Equal("Identifier cannot be empty", Assert.Throws<DeveloperException>(() => FieldPath.Parse("a..b")).Message);
    }

    [Fact, Spec("data-model", 20)]
    public void A_path_through_something_else_is_undefined_and_null_is_not_missing()
    {
        var document = ValueObject.Create(("a", ValueObject.Create(("b", Value.Null))), ("c", Value.Array()));
        Assert.Equal(Value.Null, document[FieldPath.Parse("a.b")]);
        Assert.True(document[FieldPath.Parse("a.b.c")].IsUndefined);
        Assert.True(document[FieldPath.Parse("c.length")].IsUndefined);
        Assert.True(document[FieldPath.Parse("x")].IsUndefined);
    }
}
