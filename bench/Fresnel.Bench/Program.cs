using System.CommandLine;
using Fresnel.Bench;

var seconds = new Option<int>("--seconds") { Description = "How long each load runs, after two seconds of warm-up.", DefaultValueFactory = _ => 10 };
var repeats = new Option<int>("--repeats") { Description = "How often each figure is taken; medians are reported.", DefaultValueFactory = _ => 5 };
var write = new Option<bool>("--write") { Description = "Keep the report in bench/results." };

var firstLight = new Command("first-light", "Start-up, idle memory, and a mutation that inserts one document, end to end.") { seconds, repeats, write };
firstLight.SetAction((result, cancellationToken) =>
    FirstLight.RunAsync(result.GetValue(seconds), result.GetValue(repeats), result.GetValue(write), cancellationToken));

var root = new RootCommand("Benchmarks of Fresnel. Each prints what it measured, on which machine and under which load.") { firstLight };
return await root.Parse(args).InvokeAsync();
