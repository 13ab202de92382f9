using Xunit;
using static Fresnel.Runtime.Tests.Node.RunnerFixture;

namespace Fresnel.Runtime.Tests.Node;

/// <summary>Modules that cannot be imported spoil none that they share with others, and say the same each time.</summary>
public sealed class ModuleGraphTests(RunnerFixture node) : IClassFixture<RunnerFixture>
{
    private const string Gone = "Cannot find module 'gone.js' imported from lower.js";

    private static readonly (string Path, string Source)[] Modules =
    [
        ("shared.js", "import './below.js'; export const shared = ['evaluated']; shared.push(shared.length);"),
        ("below.js", "export {};"),
        ("upper.js", "import { shared } from './shared.js'; import './lower.js'; import './below.js'; export { shared };"),
        ("lower.js", "import './shared.js'; import './gone.js'; export const lower = 1;"),
        ("other.js", "import { lower } from './lower.js'; export { lower };"),
        ("throwing.js", "import './shared.js'; throw new Error('thrown');"),
        ("above.js", "import './shared.js'; import './throwing.js';"),
        ("wrong.js", "import { nope } from './shared.js'; import './wrongToo.js'; export { nope };"),
        ("wrongToo.js", "import { none } from './fine.js'; export { none };"),
        ("broken.js", "import './shared.js'; import './unparsed.js';"),
        ("unparsed.js", "this is none"),
        ("fine.js", "import { shared } from './shared.js'; export { shared };"),
    ];

    private const string Importing = """
        import { action } from "./_deps/LIB.js";
        const load = (name) => import(`./${name}.js`).then(({ shared }) => shared, (error) => error.message);
        export const actionImport = action(async (_, { names }) => { const seen = []; for (const name of names) seen.push(await load(name)); return seen; });
        export const actionImportAll = action((_, { names }) => Promise.all(names.map(load)));
        """;

    [Theory]
    [InlineData("actionImport")]
    [InlineData("actionImportAll")]
    public async Task What_cannot_be_imported_says_the_same_each_time_and_spoils_nothing_that_it_shares(string export)
    {
        var code = Code(Bundle.Of([Bundle.Module("m.js", Importing + $"// {export}"), .. Modules.Select(module => Bundle.Module(module.Path, module.Source))]));

        Assert.Equal($"""["{Gone}","{Gone}","{Gone}"]""", await RunAsync("upper", "other", "lower"));
        Assert.Equal("""["thrown","thrown"]""", await RunAsync("throwing", "above"));
        Assert.Equal("""["Unexpected identifier 'is'"]""", await RunAsync("broken"));
        var wrong = await RunAsync("wrong", "wrongToo");
        Assert.Contains("does not provide an export named 'no", wrong, StringComparison.Ordinal);
        Assert.Equal("""[["evaluated",1],["evaluated",1]]""", await RunAsync("fine", "shared"));

        Assert.Equal($"""["thrown","{Gone}","{Gone}","thrown"]""", await RunAsync("above", "lower", "upper", "throwing"));
        Assert.Equal(wrong, await RunAsync("wrong", "wrongToo"));

        Task<string> RunAsync(params string[] names) => node.ValueOf(code, export, $$"""{"names":["{{string.Join("\",\"", names)}}"]}""");
    }
}
