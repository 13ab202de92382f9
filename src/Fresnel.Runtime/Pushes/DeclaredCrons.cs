using System.Text;
using System.Text.Json;
using Fresnel.Runtime.Catalog;
using Fresnel.Runtime.Invocations;
using Fresnel.Runtime.Jobs.Crons;
using Fresnel.Runtime.Node;
using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The crons that <c>crons.ts</c> declares: what cannot run is refused by name, before it is deployed and fails at night.</summary>
/// <remarks>Source: <c>spec/function-runtime.md</c> §8.6, <c>spec/deploy-api.md</c> §5.6.</remarks>
internal static class DeclaredCrons
{
    /// <summary>Refuses crons without a function that can run them, with arguments that do not fit it, or that are never due.</summary>
    /// <param name="modules">What the push declares.</param>
    /// <param name="builtIn">Functions that no push brings: those in C#.</param>
    /// <param name="tables">The tables as they are deployed.</param>
    /// <param name="argumentBytes">What arguments may have.</param>
    /// <exception cref="DeveloperException"><c>InvalidCron</c>.</exception>
    public static void Require(IReadOnlyList<AnalyzedModule> modules, IEnumerable<FunctionDefinition> builtIn, ITableNames tables, long argumentBytes)
    {
        AnalyzedCron[] crons = [.. modules.SelectMany(module => module.CronSpecs ?? [])];
        if (crons.Length == 0) return;
        var functions = modules
            .SelectMany(module => ModuleAnalysis.Functions(ModulePath.WithoutExtension(module.Path), module.Environment, module.Json))
            .Concat(builtIn)
            .DistinctBy(function => function.Path)
            .ToDictionary(function => function.Path);
        foreach (var cron in crons)
        {
            RequireSchedule(cron.Identifier, CronSpec.From(cron).Schedule);
            if (!functions.TryGetValue(cron.Function, out var function)) throw Invalid(cron.Identifier, $"there is no function {cron.Function.Canonical}. Did you forget to export it?");
            if (function.Kind == FunctionKind.Query) throw Invalid(cron.Identifier, $"{cron.Function.Canonical} is a query, and a cron runs a mutation or an action.");
            RequireArguments(cron, function, tables, argumentBytes);
        }
    }

    /// <summary>Reads the crons of a push out of what the CLI carried from its start to its finish.</summary>
    /// <exception cref="DeveloperException">They are not what the start answered.</exception>
    public static IReadOnlyDictionary<string, CronSpec> Read(EvaluatedDefinition analysis)
    {
        var crons = new Dictionary<string, CronSpec>(StringComparer.Ordinal);
        if (!analysis.Functions.TryGetValue(ModulePath.Crons, out var module)) return crons;
        try
        {
            foreach (var cron in AnalyzedModule.Parse(ModulePath.Crons, ModuleEnvironment.Isolate, module.GetRawText()).CronSpecs ?? [])
            {
                var spec = CronSpec.From(cron);
                RequireSchedule(cron.Identifier, spec.Schedule);
                crons[cron.Identifier] = spec;
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException or ArgumentException or InvalidValueException)
        {
            throw new DeveloperException("InvalidModules", $"What {ModulePath.Crons} declares cannot be read: {error.Message}");
        }

        return crons;
    }

    private static void RequireSchedule(string identifier, ValueObject schedule)
    {
        try
        {
            CronSchedule.Read(schedule, minute: 0);
        }
        catch (FormatException problem)
        {
            throw Invalid(identifier, problem.Message);
        }
    }

    private static void RequireArguments(AnalyzedCron cron, FunctionDefinition function, ITableNames tables, long limit)
    {
        try
        {
            FunctionArguments.Check(function, Encoding.UTF8.GetBytes(cron.ArgumentsJson), ValueJsonOptions.None, tables, limit);
        }
        catch (DeveloperException problem)
        {
            throw Invalid(cron.Identifier, $"its arguments do not fit {cron.Function.Canonical}. {problem.Message.TrimEnd('\n')}");
        }
    }

    private static DeveloperException Invalid(string identifier, string why) => new("InvalidCron", $"The cron {JsonSerializer.Serialize(identifier, PushJson.Default.String)} is invalid: {why}");
}
