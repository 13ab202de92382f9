using System.Collections.Frozen;
using Fresnel.Values;

namespace Fresnel.Runtime.Invocations;

/// <summary>What functions may ask for on Convex and not yet here. The compatibility table of the docs is tested against this list.</summary>
internal static class NotBuiltYet
{
    /// <summary>The code of the error.</summary>
    public const string Code = "NotBuiltYet";

    /// <summary>Components: references into them and their tables.</summary>
    public const string Components = "Calling a component (components.*)";

    /// <summary>Text search.</summary>
    public const string TextSearch = "Text search (withSearchIndex)";

    /// <summary>By syscall, what it is in people's words.</summary>
    public static FrozenDictionary<string, string> Operations { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["1.0/actions/vectorSearch"] = "Vector search (ctx.vectorSearch)",
        ["1.0/storageGetUrl"] = "File storage (ctx.storage.getUrl)",
        ["1.0/storageGetMetadata"] = "File storage (ctx.storage.getMetadata)",
        ["1.0/storageGenerateUploadUrl"] = "File storage (ctx.storage.generateUploadUrl)",
        ["1.0/storageDelete"] = "File storage (ctx.storage.delete)",
        ["1.0/storageStore"] = "File storage (ctx.storage.store)",
        ["1.0/storageGet"] = "File storage (ctx.storage.get)",
        ["storage/storeBlob"] = "File storage (ctx.storage.store)",
        ["storage/getBlob"] = "File storage (ctx.storage.get)",
        ["1.0/componentArgument"] = "Reading a component's arguments",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The error for something of this list.</summary>
    public static DeveloperException Error(string what) => new(Code, $"{what} is not built yet in Fresnel.");
}
