using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>The rule for paths of pushed modules, and the paths that mean something. Source: <c>spec/deploy-api.md</c> §5.1.</summary>
internal static class ModulePath
{
    /// <summary>The bundle of <c>auth.config.ts</c>: stored and hashed like any module, evaluated apart, never called.</summary>
    public const string AuthConfig = "auth.config.js";

    /// <summary>The bundle of <c>crons.ts</c>.</summary>
    public const string Crons = "crons.js";

    private const int MaxLength = 256;
    private static readonly System.Buffers.SearchValues<char> Allowed =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    /// <summary>Whether it is a chunk that modules share: stored and hashed, never analysed nor called.</summary>
    public static bool IsChunk(string path) => path.StartsWith("_deps/", StringComparison.Ordinal);

    /// <summary>As functions are named: <c>messages</c> for <c>messages.js</c>.</summary>
    public static string WithoutExtension(string path) => path.EndsWith(".js", StringComparison.Ordinal) ? path[..^3] : path;

    /// <summary>Refuses what is not a path of a module.</summary>
    /// <exception cref="DeveloperException"><c>InvalidModulePath</c>.</exception>
    public static void Require(string path)
    {
        if (Problem(path) is { } problem) throw new DeveloperException("InvalidModulePath", $"Invalid module path \"{path}\": {problem}");
    }

    private static string? Problem(string path)
    {
        if (path.Length > MaxLength) return $"a path may have up to {MaxLength} characters.";
        if (!path.EndsWith(".js", StringComparison.Ordinal)) return "a module ends in \".js\".";
        var segments = path.Split('/');
        if (segments[0] == "_system") return "\"_system\" is reserved.";
        return segments.All(IsSegment) ? null : "its parts are made of letters, digits, \"_\", \".\" and \"-\", relative to the functions folder.";
    }

    private static bool IsSegment(string segment) => segment.Length > 0 && segment is not ("." or "..") && !segment.AsSpan().ContainsAnyExcept(Allowed);
}
