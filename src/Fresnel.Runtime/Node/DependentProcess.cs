using System.Collections.Concurrent;
using System.Diagnostics;

namespace Fresnel.Runtime.Node;

/// <summary>Starts processes that end with this one, however it ends.</summary>
/// <remarks>
/// A worker sees a closed socket only between turns, so one in an endless loop would outlive a host that was killed. Linux can bind a process to the thread that
/// started it, and <c>setpriv</c> asks it to; so one thread starts all of them, and lives as long as this process does. Elsewhere, or without
/// <c>setpriv</c>, they are started as usual.
/// </remarks>
internal static class DependentProcess
{
    private static readonly string? Binder = FindBinder();
    private static readonly BlockingCollection<Order> Orders = [];

    static DependentProcess()
    {
        if (Binder is not null) new Thread(Work) { IsBackground = true, Name = "fresnel starts workers" }.Start();
    }

    /// <exception cref="System.ComponentModel.Win32Exception">It does not start.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        if (Binder is null) return Process.Start(start)!;
        string[] command = ["--pdeathsig", "KILL", start.FileName];
        for (var at = 0; at < command.Length; at++) start.ArgumentList.Insert(at, command[at]);
        start.FileName = Binder;
        using var order = new Order(start);
        Orders.Add(order);
        order.Done.Wait();
        return order.Process ?? throw order.Failure!;
    }

    private static void Work()
    {
        foreach (var order in Orders.GetConsumingEnumerable()) order.Carry();
    }

    private static string? FindBinder() =>
        !OperatingSystem.IsLinux() ? null
        : (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "setpriv")).FirstOrDefault(File.Exists);

    private sealed class Order(ProcessStartInfo start) : IDisposable
    {
        public ManualResetEventSlim Done { get; } = new();

        public Process? Process { get; private set; }

        public Exception? Failure { get; private set; }

        public void Carry()
        {
            try
            {
                Process = Process.Start(start);
            }
            catch (Exception failure)
            {
                Failure = failure;
            }
            finally
            {
                Done.Set();
            }
        }

        public void Dispose() => Done.Dispose();
    }
}
