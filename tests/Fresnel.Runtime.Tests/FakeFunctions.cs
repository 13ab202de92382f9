using System.Collections.Concurrent;
using System.Text;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Values;

namespace Fresnel.Runtime.Tests;

/// <summary>A runner whose functions are delegates: it does to the scope what a worker would.</summary>
public sealed class FakeFunctions : IFunctionRunner
{
    private readonly ConcurrentDictionary<FunctionPath, Fake> _fakes = [];

    internal IEnumerable<Fake> All => _fakes.Values;

    /// <summary>Invocations that were begun, in order.</summary>
    internal ConcurrentQueue<Invocation> Begun { get; } = new();

    internal FakeFunctions Query(string path, Func<FakeCall, Task<string>> run, bool isInternal = false, string? args = null, string? returns = null) =>
        Add("Query", path, run, isInternal, args, returns);

    internal FakeFunctions Mutation(string path, Func<FakeCall, Task<string>> run, bool isInternal = false, string? args = null, string? returns = null) =>
        Add("Mutation", path, run, isInternal, args, returns);

    internal FakeFunctions Action(string path, Func<FakeCall, Task<string>> run, bool isInternal = false, string? args = null, string? returns = null) =>
        Add("Action", path, run, isInternal, args, returns);

    async ValueTask<InvocationResult> IFunctionRunner.InvokeAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        Begun.Enqueue(invocation);
        var call = new FakeCall(invocation, cancellationToken);
        try
        {
            var value = await _fakes[invocation.Function.Path].Run(call);
            return new InvocationResult(Encoding.UTF8.GetBytes(value), null, false, TimeSpan.Zero);
        }
        catch (DeveloperException exception)
        {
            // As the worker tells of an error that nobody caught.
            ReadOnlyMemory<byte>? data = exception.ErrorData.IsEmpty ? null : exception.ErrorData;
            return new InvocationResult(default, new FunctionError($"Uncaught Error: {exception.Message}", ["at handler (../convex/test.ts:1:1)"], data), false, TimeSpan.Zero);
        }
    }

    /// <summary>Takes a function away; the next push deploys what is left.</summary>
    internal void Remove(string path)
    {
        if (FunctionPath.TryParse(path, out var parsed, out _)) _fakes.TryRemove(parsed, out _);
    }

    private FakeFunctions Add(string kind, string path, Func<FakeCall, Task<string>> run, bool isInternal, string? args, string? returns)
    {
        if (!FunctionPath.TryParse(path, out var parsed, out var detail)) throw new ArgumentException(detail, nameof(path));
        _fakes[parsed] = new Fake(parsed, kind, isInternal, args, returns, run);
        return this;
    }
}

/// <summary>A function that a test wrote.</summary>
internal sealed record Fake(FunctionPath Path, string Kind, bool IsInternal, string? Args, string? Returns, Func<FakeCall, Task<string>> Run);

/// <summary>One run of a fake function: what it may do.</summary>
internal sealed class FakeCall(Invocation invocation, CancellationToken cancellationToken)
{
    public Invocation Invocation => invocation;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The single argument as JSON text.</summary>
    public string Argument => Encoding.UTF8.GetString(invocation.Arguments.Span)[1..^1];

    public async Task<string> Syscall(string operation, string arguments) =>
        Encoding.UTF8.GetString((await invocation.Scope.SyscallAsync(operation, Encoding.UTF8.GetBytes(arguments), cancellationToken)).Span);

    public void Log(string text) => invocation.Scope.Log(new LogLine("LOG", [$"'{text}'"], false, invocation.StartMilliseconds));

    /// <summary>Inserts a document; the result is its id.</summary>
    public async Task<string> Insert(string table, string value) =>
        ValueJson.Parse(Encoding.UTF8.GetBytes(await Syscall("1.0/insert", $$"""{"table":"{{table}}","value":{{value}}}"""))).AsObject()["_id"].AsString();

    public Task<string> Get(string id) => Syscall("1.0/get", $$"""{"id":"{{id}}","isSystem":false,"version":"1.48.0"}""");

    public Task<string> GetSystem(string id) => Syscall("1.0/get", $$"""{"id":"{{id}}","isSystem":true,"version":"1.48.0"}""");

    /// <summary>All documents of a table as a JSON array.</summary>
    public async Task<string> Collect(string table, string? index = null, string range = "[]", string operators = "[]")
    {
        var source = index is null
            ? $$"""{"type":"FullTableScan","tableName":"{{table}}","order":null}"""
            : $$"""{"type":"IndexRange","indexName":"{{table}}.{{index}}","range":{{range}},"order":null}""";
        var id = Interlocked.Increment(ref _queries);
        invocation.Scope.OpenQuery(id, Encoding.UTF8.GetBytes($$"""{"query":{"source":{{source}},"operators":{{operators}} },"version":"1.48.0"}"""));
        var documents = new List<string>();
        while (true)
        {
            var item = await Syscall("1.0/queryStreamNext", $$"""{"queryId":{{id}}}""");
            if (item == """{"value":null,"done":true}""") break;
            documents.Add(item["""{"value":""".Length..^""","done":false}""".Length]);
        }

        invocation.Scope.CloseQuery(id);
        return $"[{string.Join(',', documents)}]";
    }

    public Task<string> Run(string kind, string name, string args = "{}", string limits = "null") =>
        Syscall("1.0/runUdf", $$"""{"udfType":"{{kind}}","name":"{{name}}","args":{{args}},"transactionLimits":{{limits}}}""");

    /// <summary>Schedules a function; the result is the id of its job.</summary>
    public async Task<string> Schedule(string name, double unixMilliseconds, string args = "{}", bool fromAction = false) => (await Syscall(
        fromAction ? "1.0/actions/schedule" : "1.0/schedule",
        $$"""{"name":"{{name}}","ts":{{(unixMilliseconds / 1000).ToString("R", System.Globalization.CultureInfo.InvariantCulture)}},"args":{{args}},"version":"1.48.0","requestId":"r"}""")).Trim('"');

    private int _queries;
}
