using System.CommandLine;
using Fresnel.Bench;
using Fresnel.Bench.Engine;
using Fresnel.Bench.Functions;

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

var minutes = new Option<double>("--minutes") { Description = "For how long.", DefaultValueFactory = _ => 10 };
var seed = new Option<int>("--seed") { Description = "Decides what is called, and which worker is killed.", DefaultValueFactory = _ => 1 };
var soak = new Command("soak", "Queries, mutations, actions, HTTP actions, jobs, pushes and killed workers, all at once; fails on any error that was not injected, and when memory or handles grow.") { minutes, seed, write };
soak.SetAction((result, cancellationToken) => SoakCommand.RunAsync(result.GetValue(minutes), result.GetValue(seed), result.GetValue(write), cancellationToken));

var count = new Option<int>("--count") { Description = "How often the app is pushed.", DefaultValueFactory = _ => 50 };
var modules = new Option<int>("--modules") { Description = "How many modules it has beside those of the soak.", DefaultValueFactory = _ => 140 };
var changed = new Option<int>("--changed") { Description = "How many of them each push changes. Texts that were replaced stay in the database for an hour.", DefaultValueFactory = _ => 5 };
var pushes = new Command("pushes", "An app of many modules, pushed again and again; fails when the memory of server and workers grows by more than 15 %.") { count, modules, changed, write };
pushes.SetAction((result, cancellationToken) => PushMemory.RunAsync(result.GetValue(count), result.GetValue(modules), result.GetValue(changed), result.GetValue(write), cancellationToken));

var part = new Option<string>("--only") { Description = "Some of: path, transfers, reads, starts, calls; with commas.", DefaultValueFactory = _ => "" };
var functions = new Command("functions", "TypeScript functions end to end, against Node servers over SQLite and PostgreSQL in the same run.") { seconds, repeats, write, part };
functions.SetAction((result, cancellationToken) =>
    FunctionBench.RunAsync(result.GetValue(part)!, result.GetValue(seconds), result.GetValue(repeats), result.GetValue(write), cancellationToken));

var url = new Option<string>("--url") { Description = "A server with bench/app.", Required = true };
var clients = new Option<int>("--clients") { Description = "Connections, one transfer in flight on each.", DefaultValueFactory = _ => 64 };
var zipf = new Option<bool>("--zipf") { Description = "Prefers some accounts: Zipf 1.5." };
var open = new Option<bool>("--open") { Description = "Opens the accounts first." };
var process = new Option<int?>("--pid") { Description = "The server's process, to tell its processor time." };
var load = new Command("load", "Transfers against a server that runs already, for looking at it with a profiler.") { url, clients, seconds, zipf, open, process };
load.SetAction(result => TransferBench.Drive(result.GetValue(url)!, result.GetValue(clients), result.GetValue(seconds), result.GetValue(zipf), result.GetValue(open), result.GetValue(process)));

var root = new RootCommand("Benchmarks of Fresnel. Each prints what it measured, on which machine and under which load.") { firstLight, engine, functions, load, soak, pushes };
return await root.Parse(args).InvokeAsync();
