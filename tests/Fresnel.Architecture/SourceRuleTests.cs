using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Fresnel.Architecture;

/// <summary>What every source file keeps to.</summary>
public sealed partial class SourceRuleTests
{
    /// <summary>Lines above which a file is thought to be two.</summary>
    private const int LongFile = 450;

    /// <summary>Files that may be longer, and why.</summary>
    private static readonly Dictionary<string, string> MayBeLong = [];

    /// <summary>Folder names that say nothing of what is in them.</summary>
    private static readonly string[] EmptyNames = ["Common", "Core", "Helpers", "Misc", "Shared", "Utilities", "Utils", "Base", "Abstractions", "Extensions", "Models", "Services"];

    private static readonly ConcurrentDictionary<string, string> Code = new();

    [Fact]
    public void Engine_and_runtime_take_time_chance_and_threads_from_outside()
    {
        var wrong =
            from path in Tree.Sources
            where path.StartsWith("src/Fresnel.Engine/", StringComparison.Ordinal) || path.StartsWith("src/Fresnel.Runtime/", StringComparison.Ordinal)
            from Match match in AmbientCalls().Matches(CodeOf(path))
            select $"{path}: {match.Value.Replace(" ", "", StringComparison.Ordinal)}";

        Rule.Holds(wrong, "Take a TimeProvider and an IEntropy through the constructor, and let whoever owns the loop start it.");
    }

    /// <remarks>
    /// <c>await</c> captures the scheduler that it runs on. What is banned here goes on elsewhere: on the thread pool, or when the machine's clock says so.
    /// Workers and HTTP actions are left out, because their other ends are processes and sockets.
    /// </remarks>
    [Fact]
    public void Engine_and_runtime_stay_on_the_scheduler_that_they_were_started_on()
    {
        var wrong =
            from path in Tree.Sources
            where path.StartsWith("src/Fresnel.Engine/", StringComparison.Ordinal) || path.StartsWith("src/Fresnel.Runtime/", StringComparison.Ordinal)
            where !path.StartsWith("src/Fresnel.Runtime/Node/", StringComparison.Ordinal) && !path.StartsWith("src/Fresnel.Runtime/HttpActions/", StringComparison.Ordinal)
            where path != "src/Fresnel.Engine/DatabaseOptions.cs" // Its default is what a simulation replaces.
            from Match match in EscapingCalls().Matches(CodeOf(path))
            select $"{path}: {match.Value.Replace(" ", "", StringComparison.Ordinal)}";

        Rule.Holds(wrong, "Await plainly; wait with OrCanceled, loop over WaitToReadAsync, cancel with Cancel, and give timers the TimeProvider. See docs/internals/simulation.md.");
    }

    [Theory]
    [InlineData("await task.ConfigureAwait(false);", true)]
    [InlineData("await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);", true)]
    [InlineData("await task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);", false)]
    [InlineData("await task.WaitAsync(cancellationToken);", true)]
    [InlineData("await arrivals.WaitAsync();", false)]
    [InlineData("await foreach (var one in reader.ReadAllAsync(token)) Do(one);", true)]
    [InlineData("await source.CancelAsync();", true)]
    [InlineData("await Task.Delay(delay, cancellationToken);", true)]
    [InlineData("await Task.Delay(delay, _options.Time, cancellationToken);", false)]
    [InlineData("using var limit = new CancellationTokenSource(timeout);", true)]
    [InlineData("using var limit = new CancellationTokenSource(PatienceOf(request), _time);", false)]
    [InlineData("using var limit = new CancellationTokenSource();", false)]
    [InlineData("new Thread(Run).Start();", true)]
    [InlineData("var gate = new SemaphoreSlim(1);", true)]
    public void What_would_leave_the_scheduler_is_found(string code, bool isFound) =>
        Assert.Equal(isFound, EscapingCalls().IsMatch(CodeOf(CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken))));

    [Theory]
    [InlineData("var now = DateTimeOffset.UtcNow;", true)]
    [InlineData("var now = System.DateTime . Now;", true)]
    [InlineData("var random = new Random();", true)]
    [InlineData("var random = new Random(seed);", false)]
    [InlineData("await Task.Run(() => 1);", true)]
    [InlineData("// Task.Run(\nvar x = \"Thread.Sleep(1)\";", false)]
    public void A_call_is_found_in_code_and_not_in_words(string code, bool isFound) =>
        Assert.Equal(isFound, AmbientCalls().IsMatch(CodeOf(CSharpSyntaxTree.ParseText(code, cancellationToken: TestContext.Current.CancellationToken))));

    [Fact]
    public void Nobody_blocks_a_thread_on_a_task()
    {
        var wrong =
            from path in Tree.Sources
            from Match match in BlockingCalls().Matches(CodeOf(path))
            select $"{path}: {match.Value.Replace(" ", "", StringComparison.Ordinal)}";

        Rule.Holds(wrong, "Await it.");
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        var wrong =
            from path in Tree.Sources
            from Match match in Unfinished().Matches(Tree.Read(path))
            select $"{path}: {match.Value}";

        Rule.Holds(wrong, "What is not built yet answers with a typed error that names it, and stands in the compatibility table.");
    }

    [Fact]
    public void A_namespace_is_the_project_and_the_folder()
    {
        var wrong =
            from path in Tree.Sources
            let expected = NamespaceOf(path)
            from declaration in CSharpSyntaxTree.ParseText(Tree.Read(path)).GetRoot().DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>()
            let name = declaration.Name.ToString()
            where name != expected && name != "System.Runtime.CompilerServices"
            select $"{path}: {name} instead of {expected}";

        Rule.Holds(wrong, "Move the file or name the namespace after its folder.");
    }

    [Fact]
    public void A_folder_has_a_name_that_says_what_is_in_it() =>
        Rule.Holds(
            Tree.Files.Where(path => path.Split('/')[..^1].Intersect(EmptyNames).Any()),
            "Name the folder after the idea that lives in it.");

    [Fact]
    public void A_file_holds_one_idea()
    {
        var long_ = Tree.Sources.Select(path => (Path: path, Lines: Tree.Read(path).Count(c => c == '\n'))).Where(one => one.Lines > LongFile).ToList();

        Rule.Holds(
            long_.Where(one => !MayBeLong.ContainsKey(one.Path)).Select(one => $"{one.Path}: {one.Lines} lines"),
            $"A file of more than {LongFile} lines is two rooms; find the door.");
        Rule.Holds(MayBeLong.Keys.Except(long_.Select(one => one.Path)), "These need their exception no longer.");
    }

    /// <summary>The tokens of a file, so that comments, strings and layout are no matter.</summary>
    private static string CodeOf(string path) => Code.GetOrAdd(path, static one => CodeOf(CSharpSyntaxTree.ParseText(Tree.Read(one))));

    private static string CodeOf(SyntaxTree tree) =>
        string.Join(' ', tree.GetRoot().DescendantTokens().Where(token => !LiteralText(token)).Select(token => token.Text));

    private static bool LiteralText(SyntaxToken token) =>
        token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken
            or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.InterpolatedStringTextToken;

    private static string NamespaceOf(string path)
    {
        var folders = path.Split('/')[1..^1];
        return folders[0] == "Fresnel.Values" ? "Fresnel.Values" : string.Join('.', folders);
    }

    [GeneratedRegex(@"\bGetAwaiter \( \) \. GetResult\b|\bWaitAll\b|\bTask \. WaitAny\b")]
    private static partial Regex BlockingCalls();

    [GeneratedRegex("\\b(NotImplementedException|TODO|FIXME|HACK|XXX)\\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\bDateTime(Offset)? \. (Now|UtcNow|Today)\b|\bGuid \. (NewGuid|CreateVersion7)\b|\bRandom \. Shared\b|\bnew Random \( \)|\bThread \. Sleep\b|\bTask \. Run\b|\bEnvironment \. TickCount")]
    private static partial Regex AmbientCalls();

    [GeneratedRegex(
        @"\bConfigureAwait \( (false|(?![^)]*ContinueOnCapturedContext))|\. WaitAsync \( (?!\))|\bReadAllAsync\b|\bCancelA(sync \( \)|fter\b)|"
        + @"\bTask \. Delay \( (?![^;]*[tT]ime , )|\bnew CancellationTokenSource \( (?!\))(?![^;]*[tT]ime \))|\bThread(Pool)? \.|\bnew (Thread|Timer|PeriodicTimer|SemaphoreSlim)\b|\bTaskScheduler \. Default\b|\bParallel \.")]
    private static partial Regex EscapingCalls();
}
