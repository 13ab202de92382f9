using Fresnel.Values;

namespace Fresnel.Runtime.Pushes;

/// <summary>Something that a push was evaluated with has changed before it finished: the CLI tries again by itself.</summary>
internal static class PushRace
{
    /// <summary>The code that the CLI knows as one that may pass.</summary>
    public const string Code = "RaceDetected";

    /// <summary>Variables changed.</summary>
    public static DeveloperException OfVariables() => new(Code, "Environment variables have changed during push");

    /// <summary>Another push came in between.</summary>
    public static DeveloperException OfSchema() => new(Code, "Schema was overwritten by another push.");

    /// <summary>The CLI did not wait.</summary>
    public static DeveloperException OfDocuments() => new(Code, "Documents are still being checked against the schema.");

    /// <summary>An index is not complete.</summary>
    public static DeveloperException OfIndex(string table, string index) => new(Code, $"The index \"{table}.{index}\" is still being filled.");

    /// <summary>A source is gone.</summary>
    public static DeveloperException OfSource(string path) => new(Code, $"The source of \"{path}\" is not stored any more.");
}
