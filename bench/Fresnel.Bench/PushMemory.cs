using System.Globalization;
using Fresnel.Bench.Soak;

namespace Fresnel.Bench;

/// <summary>What pushes leave behind: an app of many modules, pushed again and again, and the memory of server and workers beside it.</summary>
internal static class PushMemory
{
    private const double MostGrowth = 0.15;

    /// <summary>Workers of code that was replaced go within seconds.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(int pushes, int modules, int changed, bool write, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("fresnel-pushes-").FullName;
        var report = new Report("Memory after pushes", $"dotnet run -c Release --project bench/Fresnel.Bench -- pushes --count {pushes} --modules {modules} --changed {changed}");
        try
        {
            await Server.PublishAsync(cancellationToken);
            await using var server = await Server.StartAsync(folder, cancellationToken);
            var app = await SoakCommand.CopyAppAsync(folder, cancellationToken);
            var target = new SoakTarget(server.Url, server.ProcessId, Path.Combine(folder, "data"), (_, _) => Task.CompletedTask);
            var samples = new List<(int Push, SoakSample Sample, ResidentParts Server)>();
            using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
            for (var push = 1; push <= pushes; push++)
            {
                await WriteModulesAsync(app, push == 1 ? modules : Math.Min(changed, modules), push, cancellationToken);
                await server.PushAsync(app, cancellationToken);
                await UseAsync(http, modules, cancellationToken);
                if (push != 1 && push != pushes && push % 10 != 0) continue;
                await Task.Delay(Settling, cancellationToken);
                await UseAsync(http, modules, cancellationToken);
                samples.Add((push, SoakSample.Take(TimeSpan.Zero, target), ResidentParts.Of(server.ProcessId)));
                Console.WriteLine($"{push,3}: {samples[^1].Sample}  {samples[^1].Server}");
            }

            var (first, last) = (samples[0].Sample, samples[^1].Sample);
            foreach (var (push, sample, parts) in samples)
            {
                report.Add($"After {push}", string.Create(CultureInfo.InvariantCulture, $"server {Report.Mebibytes(sample.HostBytes)}, {sample.Workers} workers {Report.Mebibytes(sample.WorkerBytes)}"),
                    $"server: {parts}; {sample.HostHandles} handles, {sample.HostThreads} threads; {sample.Files} files of bundles");
            }

            var growth = ((double)(last.HostBytes + last.WorkerBytes) / (first.HostBytes + first.WorkerBytes)) - 1;
            report.Add("Growth of server and workers together", growth.ToString("+0.0 %;-0.0 %", CultureInfo.InvariantCulture), $"from the first push to the last; {MostGrowth:0 %} are allowed");
            Console.WriteLine(report);
            if (write) await report.KeepAsync("pushes", cancellationToken);
            return growth <= MostGrowth ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>These modules become others; the rest stays.</summary>
    private static async Task WriteModulesAsync(string app, int modules, int push, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateDirectory(Path.Combine(app, "convex", "many")).FullName;
        for (var module = 0; module < modules; module++)
        {
            var text = $$"""
                import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
                import { v } from "convex/values";
                const words = [{{string.Join(", ", Enumerable.Range(0, 60).Select(word => $"\"word {push} {module} {word}\""))}}];
                export const read = query({ args: { n: v.number() }, handler: async (_, { n }) => words[n] });
                export const write = mutation({ args: { name: v.string() }, handler: async (ctx, { name }) => { await ctx.db.insert("done", { token: name + words[0] }); } });
                """;
            await File.WriteAllTextAsync(Path.Combine(directory, $"m{module}.ts"), text, cancellationToken);
        }
    }

    private static async Task UseAsync(HttpClient http, int modules, CancellationToken cancellationToken)
    {
        for (var module = 0; module < modules; module += 7) await CallAsync("query", $"many/m{module}:read", """{"n":1}""");
        await CallAsync("action", "soak:act", """{"n":1}""");

        async Task CallAsync(string kind, string path, string args)
        {
            using var content = new StringContent($$"""{"path":"{{path}}","args":{{args}},"format":"json"}""", System.Text.Encoding.UTF8, "application/json");
            using var response = await http.PostAsync($"/api/{kind}", content, cancellationToken);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!answer.Contains("\"status\":\"success\"", StringComparison.Ordinal)) throw new InvalidOperationException($"{path}: {answer}");
        }
    }
}
