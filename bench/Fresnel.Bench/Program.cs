using System.CommandLine;
using Fresnel.Bench;
using Fresnel.Bench.Engine;

var seconds = new Option<int>("--seconds") { Description = "How long each load runs, after two seconds of warm-up.", DefaultValueFactory = _ => 10 };
var repeats = new Option<int>("--repeats") { Description = "How often each figure is taken; medians are reported.", DefaultValueFactory = _ => 5 };
var write = new Option<bool>("--write") { Description = "Keep the report in bench/results." };

var firstLight = new Command("first-light", "Start-up, idle memory, and a mutation that inserts one document, end to end.") { seconds, repeats, write };
firstLight.SetAction((result, cancellationToken) =>
    FirstLight.RunAsync(result.GetValue(seconds), result.GetValue(repeats), result.GetValue(write), cancellationToken));

var only = new Option<string>("--only") { Description = "Some of: sync, transfers, reads, watches, footprint, large; with commas.", DefaultValueFactory = _ => "" };
var engine = new Command("engine", "The database alone, in process, against peers in the same run.") { seconds, repeats, write, only };
engine.SetAction((result, cancellationToken) =>
    EngineBench.RunAsync(result.GetValue(only)!, result.GetValue(seconds), result.GetValue(repeats), result.GetValue(write), cancellationToken));

var root = new RootCommand("Benchmarks of Fresnel. Each prints what it measured, on which machine and under which load.") { firstLight, engine };
return await root.Parse(args).InvokeAsync();
