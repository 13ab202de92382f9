using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Fresnel.Bench.Soak;

/// <summary>Everything at once for a while: queries, mutations, actions, HTTP actions, jobs, pushes, and workers that are killed. Nothing may fail that was not made to fail.</summary>
/// <remarks>
/// An action that ran in a worker that was killed fails, since actions run at most once; that alone is forgiven, and only near a kill. Queries and mutations
/// never fail, and at the end every sum must be right: a mutation or a job that ran twice, or not at all, shows there.
/// </remarks>
internal sealed class SoakRun(SoakTarget target, SoakPlan plan, Action<string> say) : IDisposable
{
    private static readonly TimeSpan NearAKill = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http = new() { BaseAddress = new Uri(target.Url), Timeout = TimeSpan.FromSeconds(60) };
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly ConcurrentDictionary<string, long> _sums = new();
    private readonly List<double> _recoveries = [];
    private TimeSpan _lastKill = TimeSpan.MinValue;
    private int _forgiven;
    private int _kills;
    private int _pushes;
    private int _jobs;

    /// <summary>What failed and was not made to fail.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Memory and handles over time.</summary>
    public List<SoakSample> Samples { get; } = [];

    /// <summary>How often each thing was done.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    /// <summary>Milliseconds from the death of a worker to the answer of a query that was asked at that moment.</summary>
    public IReadOnlyList<double> Recoveries => _recoveries;

    /// <summary>Workers that were killed.</summary>
    public int Kills => _kills;

    /// <summary>Pushes.</summary>
    public int Pushes => _pushes;

    /// <summary>Actions that were lost with a worker that was killed.</summary>
    public int Forgiven => _forgiven;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await PushAsync(cancellationToken);
        say(SoakSample.Heading);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(plan.Duration);
        var clients = Enumerable.Range(0, plan.Clients).Select(number => CallAsync(number, over.Token));
        var random = new Random(plan.Seed);
        await Task.WhenAll([
            .. clients,
            EveryAsync(plan.KillEvery, () => KillAsync(random, cancellationToken), over.Token),
            EveryAsync(plan.PushEvery, () => PushAsync(cancellationToken), over.Token),
            EveryAsync(plan.SampleEvery, SampleAsync, over.Token),
        ]);
        cancellationToken.ThrowIfCancellationRequested();
        await SettleAsync(cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private static async Task EveryAsync(TimeSpan period, Func<Task> act, CancellationToken over)
    {
        using var timer = new PeriodicTimer(period);
        try
        {
            while (await timer.WaitForNextTickAsync(over)) await act();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The time is over.
        }
    }

    private Task SampleAsync()
    {
        Samples.Add(SoakSample.Take(_clock.Elapsed, target));
        say(Samples[^1].ToString());
        return Task.CompletedTask;
    }

    private async Task CallAsync(int client, CancellationToken over)
    {
        var random = new Random(HashCode.Combine(plan.Seed, client));
        for (var number = 0; !over.IsCancellationRequested; number++)
        {
            // What was begun is waited for: the sums must be right.
            await OnceAsync(client, number, random);
            await Task.Delay(plan.Rest, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task OnceAsync(int client, int number, Random random)
    {
        var name = $"counter {random.Next(4)}";
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                return AskAsync("query", "soak:total", $$"""{"name":"{{name}}"}""", false);
            case 3 or 4 or 5:
                var n = random.Next(1, 100);
                return AskAsync("mutation", "soak:add", $$"""{"name":"{{name}}","n":{{n}}}""", false, _ => _sums.AddOrUpdate(name, n, (_, sum) => sum + n));
            case 6:
                return AskAsync("mutation", "soak:schedule", $$"""{"token":"{{client}}-{{number}}","delay":{{random.Next(300)}}}""", false, _ => Interlocked.Increment(ref _jobs));
            case 7:
                return AskAsync("action", "soak:act", $$"""{"n":{{number}}}""", true, value => Require(value.GetInt64() == number + 32, "act", value.GetRawText()));
            case 8:
                return AskAsync("action", "node:hash", """{"text":"abc"}""", true, value => Require(value.GetString()!.StartsWith("ba7816bf", StringComparison.Ordinal), "hash", value.GetRawText()));
            default:
                return random.Next(2) == 0 ? EchoAsync(random.Next(200_000)) : ReadWordsAsync();
        }
    }

    private async Task AskAsync(string kind, string path, string args, bool mayBeLost, Action<JsonElement>? then = null)
    {
        _calls.AddOrUpdate(kind, 1, (_, count) => count + 1);
        try
        {
            using var content = new StringContent($$"""{"path":"{{path}}","args":{{args}},"format":"json"}""", Encoding.UTF8, "application/json");
            using var response = await _http.PostAsync($"/api/{kind}", content);
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
            if (answer.GetProperty("status").ValueEquals("success")) then?.Invoke(answer.GetProperty("value"));
            else Fail($"{path}: {answer.GetRawText()}", mayBeLost);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException or OperationCanceledException)
        {
            Fail($"{path}: {failure.Message}", false);
        }
    }

    private Task EchoAsync(int size) => StreamAsync("echo", async () =>
    {
        using var content = new ByteArrayContent(new byte[size]);
        using var response = await _http.PostAsync("/http/echo", content);
        var body = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        Require(body.Length == size, "echo", $"{body.Length} bytes of {size}");
    });

    private Task ReadWordsAsync() => StreamAsync("words", async () =>
    {
        var text = await _http.GetStringAsync("/http/words");
        Require(text.EndsWith("word 9\n", StringComparison.Ordinal), "words", text);
    });

    private async Task StreamAsync(string name, Func<Task> call)
    {
        _calls.AddOrUpdate("HTTP action", 1, (_, count) => count + 1);
        try
        {
            await call();
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            Fail($"{name}: {failure.Message}", true);
        }
    }

    private void Require(bool isRight, string what, string seen)
    {
        if (!isRight) Fail($"{what} answered {seen}", false);
    }

    /// <summary>Notes a failure. One that a kill may explain is forgiven near a kill.</summary>
    private void Fail(string text, bool mayBeLost)
    {
        if (mayBeLost && _lastKill != TimeSpan.MinValue && _clock.Elapsed - _lastKill < NearAKill)
        {
            Interlocked.Increment(ref _forgiven);
            return;
        }

        var line = string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds:0.0} s: {text}");
        _errors.Enqueue(line);
        say($"ERROR {line}");
    }

    private async Task KillAsync(Random random, CancellationToken cancellationToken)
    {
        var workers = WorkerProcesses.Of(target.ProcessId);
        if (workers.Count == 0) return;
        _lastKill = _clock.Elapsed;
        try
        {
            using var victim = Process.GetProcessById(workers[random.Next(workers.Count)]);
            victim.Kill();
            await victim.WaitForExitAsync(cancellationToken);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return;
        }

        Interlocked.Increment(ref _kills);
        var clock = Stopwatch.StartNew();
        await AskAsync("query", "soak:total", """{"name":"done"}""", false);
        _recoveries.Add(clock.Elapsed.TotalMilliseconds);
    }

    private async Task PushAsync(CancellationToken cancellationToken)
    {
        var version = ++_pushes;
        await target.PushAsync(version, cancellationToken);
        await AskAsync("query", "soak:deployed", "{}", false, value => Require(value.GetInt32() == version, "deployed", value.GetRawText()));
    }

    /// <summary>Jobs come to their end; then every sum must be right.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var done = -1L;
        for (var clock = Stopwatch.StartNew(); done != _jobs && clock.Elapsed < Settling;)
        {
            await AskAsync("query", "soak:total", """{"name":"done"}""", false, value => done = value.GetInt64());
            if (done != _jobs) await Task.Delay(100, cancellationToken);
        }

        Require(done == _jobs, "jobs", $"{done} of {_jobs} ran");
        foreach (var (name, sum) in _sums)
            await AskAsync("query", "soak:total", $$"""{"name":"{{name}}"}""", false, value => Require(value.GetInt64() == sum, name, $"{value.GetRawText()} instead of {sum}"));
    }
}
