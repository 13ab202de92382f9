using Fresnel.Functions;
using Fresnel.Testing;
using Fresnel.Values;
using Xunit;

namespace Fresnel.Generator.Tests;

public sealed class RegistrationTests
{
    private const string Greetings = """
        namespace Sample.Chat;

        [FunctionModule("greetings")]
        internal static class Greetings
        {
            [Query]
            public static string Hello(QueryContext context, string name, double? times) => $"{name}:{times}";

            [Mutation(Name = "default", Internal = true)]
            public static async Task SaveAsync(MutationContext context, Value anything, CancellationToken cancellationToken) => await Task.Yield();

            [Action]
            public static ValueTask<ValueObject?> FetchAsync(ActionContext context) => new((ValueObject?)null);
        }
        """;

    [Fact]
    public void What_is_generated_reads_like_this()
    {
        var run = GeneratorRun.Of(Greetings);

        Assert.Empty(run.Diagnostics);
        var expected = File.ReadAllText(RepositoryFiles.PathOf("tests/Fresnel.Generator.Tests/Expected/Greetings.g.cs"));
        Assert.Equal(expected, run.Generated);
    }

    [Fact]
    public void A_function_is_registered_with_its_path_kind_and_visibility()
    {
        var functions = GeneratorRun.Of(Greetings).Load();

        Assert.Equal(["greetings:default", "greetings:fetch", "greetings:hello"], functions.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((RegisteredKind.Query, false), (functions["greetings:hello"].Kind, functions["greetings:hello"].IsInternal));
        Assert.Equal((RegisteredKind.Mutation, true), (functions["greetings:default"].Kind, functions["greetings:default"].IsInternal));
        Assert.Equal((RegisteredKind.Action, false), (functions["greetings:fetch"].Kind, functions["greetings:fetch"].IsInternal));
    }

    [Theory]
    [InlineData("string", """{"type":"string"}""")]
    [InlineData("bool", """{"type":"boolean"}""")]
    [InlineData("double", """{"type":"number"}""")]
    [InlineData("long", """{"type":"bigint"}""")]
    [InlineData("byte[]", """{"type":"bytes"}""")]
    [InlineData("ReadOnlyMemory<byte>", """{"type":"bytes"}""")]
    [InlineData("Value", """{"type":"any"}""")]
    [InlineData("ValueObject", """{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"any"},"optional":false}}""")]
    public void A_type_stands_for_a_validator_of_arguments_and_results(string type, string validator)
    {
        var function = GeneratorRun.Of($$"""
            [FunctionModule("a/b")]
            public static class Module
            {
                [Query] public static {{type}} Echo(QueryContext context, {{type}} given, {{type}}? perhaps) => given;
                [Query] public static async ValueTask<{{type}}?> Maybe(QueryContext context, {{type}}? perhaps) { await Task.Yield(); return perhaps; }
            }
            """).Load();

        var isAny = type == "Value";
        var nullable = isAny ? validator : $$"""{"type":"union","value":[{{validator}},{"type":"null"}]}""";
        Assert.Equal(
            """{"type":"object","value":{"given":{"fieldType":GIVEN,"optional":false},"perhaps":{"fieldType":PERHAPS,"optional":true}}}"""
                .Replace("GIVEN", validator, StringComparison.Ordinal).Replace("PERHAPS", nullable, StringComparison.Ordinal),
            function["a/b:echo"].ArgumentsJson);
        Assert.Equal(isAny ? null : validator, function["a/b:echo"].ReturnsJson);
        Assert.Equal(isAny ? null : nullable, function["a/b:maybe"].ReturnsJson);
    }

    [Fact]
    public async Task Arguments_and_results_go_through_unchanged()
    {
        var functions = GeneratorRun.Of("""
            [FunctionModule("echo")]
            public static class Echo
            {
                [Query]
                public static ValueObject All(QueryContext context, string s, bool b, double d, long l, byte[] bytes, ReadOnlyMemory<byte> memory, Value v, ValueObject o) =>
                    ValueObject.Create(
                        ("s", s), ("b", b), ("d", Value.Float64(d)), ("l", Value.Int64(l)), ("bytes", Value.Bytes(bytes)), ("memory", Value.Bytes(memory)), ("v", v), ("o", o));

                [Query]
                public static Value Missing(QueryContext context, string? s, bool? b, double? d, long? l, byte[]? bytes, ReadOnlyMemory<byte>? memory, Value? v, ValueObject? o) =>
                    s is null && b is null && d is null && l is null && bytes is null && memory is null && v is null && o is null;

                [Query] public static string? Perhaps(QueryContext context, string? @string) => @string;
                [Query] public static double? Number(QueryContext context, double? d) => d;
                [Query] public static Value Any(QueryContext context, Value? v) => v ?? "absent";
                [Query] public static void Nothing(QueryContext context) { }
            }
            """).Load();
        var all = ValueObject.Create(
            ("s", "text"), ("b", true), ("d", Value.Float64(1.5)), ("l", Value.Int64(long.MaxValue)), ("bytes", Value.Bytes(new byte[] { 1, 2 })),
            ("memory", Value.Bytes(new byte[] { 3 })), ("v", Value.Array(Value.Null)), ("o", ValueObject.Create(("x", "y"))));

        Assert.Equal(Value.Object(all), await RunAsync("all", all));
        Assert.True((await RunAsync("missing", ValueObject.Empty)).AsBoolean());
        Assert.Equal("here", await RunAsync("perhaps", ValueObject.Create(("string", "here"))));
        Assert.Equal(Value.Null, await RunAsync("perhaps", ValueObject.Create(("string", Value.Null))));
        Assert.Equal(Value.Float64(2), await RunAsync("number", ValueObject.Create(("d", Value.Float64(2)))));
        Assert.Equal(Value.Null, await RunAsync("number", ValueObject.Empty));
        Assert.Equal(Value.Null, await RunAsync("any", ValueObject.Create(("v", Value.Null))));
        Assert.Equal("absent", await RunAsync("any", ValueObject.Empty));
        Assert.Equal(Value.Null, await RunAsync("nothing", ValueObject.Empty));

        ValueTask<Value> RunAsync(string export, ValueObject arguments) =>
            functions[$"echo:{export}"].Invoke(new EmptyQueryContext(), arguments, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("My.App", "namespace My.App")]
    [InlineData("my-app.3d.class", "namespace my_app._3d.@class")]
    [InlineData("", "namespace Sample")]
    public void The_list_stands_in_the_root_namespace(string rootNamespace, string expected)
    {
        Assert.Contains(expected + "\n", GeneratorRun.Of("", rootNamespace).Generated, StringComparison.Ordinal);
    }

    [Fact]
    public void An_assembly_without_functions_has_an_empty_list() => Assert.Empty(GeneratorRun.Of("").Load());

    [Fact]
    public void An_assembly_that_does_not_use_Fresnel_gets_nothing() =>
        Assert.Equal("", GeneratorRun.WithoutFresnel("").Generated);

    [Fact]
    public void A_context_may_be_a_derived_one()
    {
        var run = GeneratorRun.Of("""
            public abstract class MyContext : QueryContext { }

            [FunctionModule("mine")]
            public static class Mine { [Query] public static bool Is(MyContext context) => context is not null; }
            """);

        Assert.Contains("(global::MyContext)context", run.Generated, StringComparison.Ordinal);
        Assert.Single(run.Load());
    }

    [Fact]
    public void A_nested_class_and_names_that_are_keywords_compile()
    {
        var functions = GeneratorRun.Of("""
            namespace @event;

            internal static class Outer
            {
                [FunctionModule("nested")]
                internal static class @class { [Query(Name = "go")] internal static string @return(QueryContext context, string @params, string context0) => @params + context0; }
            }
            """).Load();

        Assert.Contains("nested:go", functions.Keys);
    }
}
