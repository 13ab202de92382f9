using Fresnel.Engine.Stores;

namespace Fresnel.Sqlite.Tests.Disk;

/// <summary>One call of a store, and what it makes of a <see cref="StoreModel"/>.</summary>
internal sealed record StoreStep(string Name, Func<ICommitStore, StoreModel, Task> DoAsync, Func<StoreModel, StoreModel> Expect)
{
    private const int GreatestPage = 40;

    /// <summary>Pages that steps write have numbers below this one.</summary>
    public static long Pages => GreatestPage;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static StoreStep Append(byte[] group) => new(
        $"append {group.Length} bytes",
        (store, model) => store.AppendAsync(model.LogEnd, group, Token).AsTask(),
        model => model with { Log = [.. model.Log, group] });

    public static StoreStep WritePages(params (long Number, byte[] Bytes)[] pages) => new(
        $"write {pages.Length} pages",
        (store, _) => store.WritePagesAsync([.. pages.Select(page => new Page(page.Number, page.Bytes))], Token).AsTask(),
        model => model with { Pages = model.Pages.Where(page => pages.All(written => written.Number != page.Key)).Concat(pages.Select(page => KeyValuePair.Create(page.Number, page.Bytes))).ToDictionary() });

    public static StoreStep Flip(byte[] checkpoint, int kept) => new(
        $"flip, keeping {kept}",
        (store, model) => store.FlipAsync(checkpoint, From(model, kept), Token).AsTask(),
        model => model with { Checkpoint = checkpoint, LogStart = From(model, kept), Log = [.. model.Log.TakeLast(kept)] });

    public static StoreStep DeletePages(params long[] numbers) => new(
        $"delete {numbers.Length} pages",
        (store, _) => store.DeletePagesAsync(numbers, Token).AsTask(),
        model => model with { Pages = model.Pages.Where(page => !numbers.Contains(page.Key)).ToDictionary() });

    public static StoreStep SweepPages(long from) => new(
        $"sweep from {from}",
        (store, _) => store.SweepPagesAsync(from, Token).AsTask(),
        model => model with { Pages = model.Pages.Where(page => page.Key < from).ToDictionary() });

    /// <summary>Any step.</summary>
    public static StoreStep Random(Random random, int largest) => random.Next(10) switch
    {
        0 => WritePages([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => (long)random.Next(1, GreatestPage)).Distinct().Select(number => (number, Bytes(random, largest)))]),
        1 => Flip(Bytes(random, 300), random.Next(5)),
        2 => DeletePages([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => (long)random.Next(1, GreatestPage)).Distinct()]),
        3 => random.Next(3) == 0 ? SweepPages(random.Next(1, GreatestPage)) : Append(Bytes(random, 50)),
        _ => Append(Bytes(random, random.Next(3) == 0 ? largest : 600)),
    };

    public static byte[] Bytes(Random random, int most)
    {
        var bytes = new byte[random.Next(1, most + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static long From(StoreModel model, int kept) => Math.Max(model.LogStart, model.LogEnd - kept);
}
