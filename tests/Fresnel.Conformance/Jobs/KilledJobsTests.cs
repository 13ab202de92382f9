using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fresnel.Conformance.Cli;
using Fresnel.Testing;
using Fresnel.Testing.Npm;
using Xunit;

namespace Fresnel.Conformance.Jobs;

/// <summary>SIGKILL while hundreds of jobs are due: every mutation ran exactly once, every action at most once, and one that was lost says so.</summary>
/// <remarks>A longer form: <c>FRESNEL_JOB_KILLS=50</c>.</remarks>
public sealed class KilledJobsTests(ITestOutputHelper output)
{
    private const int JobsPerRound = 80;
    private const string Lost = "Transient error while executing action";
    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable("FRESNEL_JOB_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact, Spec("function-runtime", 60, 64)]
    public async Task Every_mutation_runs_exactly_once_and_every_action_at_most_once()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}, {Kills} kills");
        var random = new Random(seed);
        await using var host = new CliHost();
        await host.InitializeAsync();
        try
        {
            using (var project = await ConvexProject.CreateAsync(JobApp.Files)) await host.PushAsync(project);
            for (var round = 0; round < Kills; round++)
            {
                await host.CallAsync("mutation", "jobs:plan", new { round, count = JobsPerRound });

                // The moment is random on purpose; nothing is waited for.
                await Task.Delay(random.Next(20, 1_000), TestContext.Current.CancellationToken);
                await host.CrashAsync();
            }

            Check(await EndAsync(host), await CronsAsync(host));
        }
        finally
        {
            output.WriteLine(host.Host.Output);
        }
    }

    private static async Task<JsonElement> EndAsync(CliHost host)
    {
        var began = Stopwatch.GetTimestamp();
        while ((await host.CallAsync("query", "jobs:busy", new { })).GetDouble() > 0)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience) throw new TimeoutException($"Jobs are left: {await host.CallAsync("query", "jobs:report", new { })}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        return await host.CallAsync("query", "jobs:report", new { });
    }

    private static async Task<Dictionary<string, JsonElement>> CronsAsync(CliHost host)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { { "Authorization", $"Convex {host.AdminKey}" } } };
        using var answer = await http.PostAsJsonAsync($"{host.Url}/api/query", new { path = "_system/frontend/listCronJobs", args = new { }, format = "convex_encoded_json" }, TestContext.Current.CancellationToken);
        var crons = (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("value");
        return crons.EnumerateArray().ToDictionary(cron => cron.GetProperty("name").GetString()!);
    }

    private void Check(JsonElement report, Dictionary<string, JsonElement> crons)
    {
        var runs = report.GetProperty("runs").EnumerateArray().Select(run => run.GetString()!).ToList();
        var jobs = report.GetProperty("jobs").EnumerateArray().Select(job => new Job(
            job.GetProperty("key").GetString()!, job.GetProperty("name").GetString()!, job.GetProperty("state").GetProperty("kind").GetString()!, job.GetProperty("state").TryGetProperty("error", out var error) ? error.GetString() : null)).ToList();
        var lost = jobs.Where(job => job.State == "failed").ToList();
        output.WriteLine($"{jobs.Count} jobs, {runs.Count} runs, {lost.Count} actions lost, {report.GetProperty("ticks").GetArrayLength()} ticks");

        Assert.Equal(runs.Distinct().Order(StringComparer.Ordinal), runs.Order(StringComparer.Ordinal));
        Assert.Equal(runs.Count, report.GetProperty("counted").GetDouble());
        Assert.All(jobs, job => Assert.True(job.State is "success" or "failed", $"{job}"));
        Assert.All(lost, job => Assert.Equal((true, Lost), (job.Name is "jobs.js:act" or "jobs.js:spawn", job.Error)));

        var ran = runs.ToHashSet();
        var byKey = jobs.ToLookup(job => job.Key);
        for (var (round, i) = (0, 0); round < Kills; (round, i) = i + 1 < JobsPerRound ? (round, i + 1) : (round + 1, 0))
        {
            var kind = (string[])["add", "link", "act", "spawn"];
            var key = $"{round}/{kind[i % 4]}/{i}";
            switch (i % 4)
            {
                case 0:
                    Assert.Contains(key, ran);
                    break;
                case 1:
                    Assert.Equal(JobApp.Links, byKey[key].Count());
                    for (var left = 0; left < JobApp.Links; left++) Assert.Contains($"{key}/{left}", ran);
                    break;
                default:
                    if (Assert.Single(byKey[key]).State == "success") Assert.True(ran.Contains($"{key}/begun") && ran.Contains($"{key}/ended"), key);
                    if (i % 4 == 3) Assert.Equal(byKey[$"{key}/child"].Count(), ran.Contains($"{key}/child") ? 1 : 0);
                    break;
            }
        }

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["tick"] = """{"seconds":1,"type":"interval"}""",
                ["minutes"] = """{"seconds":300,"type":"interval"}""",
                ["hours"] = """{"seconds":7200,"type":"interval"}""",
                ["hourly"] = """{"minuteUTC":7,"type":"hourly"}""",
                ["some minute"] = """{"type":"hourly"}""",
                ["daily"] = """{"hourUTC":3,"minuteUTC":30,"type":"daily"}""",
                ["weekly"] = """{"dayOfWeek":2,"hourUTC":3,"minuteUTC":30,"type":"weekly"}""",
                ["monthly"] = """{"day":31,"hourUTC":3,"minuteUTC":30,"type":"monthly"}""",
                ["expression"] = """{"cronExpr":"0 16 1 * *","type":"cron"}""",
            },
            crons.ToDictionary(cron => cron.Key, cron => Regex.Replace(cron.Value.GetProperty("cronSpec").GetProperty("cronSchedule").GetRawText(), @"\.0\b", "")));

        // The cron ticks every second, from the push: no two runs between two of its times, since a late run puts off the next.
        var next = BinaryPrimitives.ReadInt64LittleEndian(crons["tick"].GetProperty("nextRun").GetProperty("nextTs").GetProperty("$integer").GetBytesFromBase64()) / 1e6;
        var ticks = report.GetProperty("ticks").EnumerateArray().Select(tick => Math.Floor((next - tick.GetDouble()) / 1_000)).ToList();
        Assert.Equal(ticks.Distinct(), ticks);
        Assert.True(ticks.Count > Kills);
    }

    private sealed record Job(string Key, string Name, string State, string? Error);
}
