using System.IO.Compression;
using System.Text.Json;

namespace Fresnel.Testing;

/// <summary>Requests of the real CLI, and answers that it accepted: the files of <c>tests/captures</c>.</summary>
public static class Captures
{
    /// <summary>The body of a whole <c>start_push</c> as it was on the wire, decompressed.</summary>
    public static byte[] StartPushBody
    {
        get
        {
            using var file = File.OpenRead(PathOf("deploy-05-start_push.request.body.json.br"));
            using var decompressed = new BrotliStream(file, CompressionMode.Decompress);
            using var body = new MemoryStream();
            decompressed.CopyTo(body);
            return body.ToArray();
        }
    }

    /// <summary>A capture as JSON.</summary>
    /// <param name="name">The name of the file without its ending.</param>
    public static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllBytes(PathOf($"{name}.json"))).RootElement;

    /// <summary>The file.</summary>
    public static string PathOf(string name) => RepositoryFiles.PathOf($"tests/captures/{name}");
}
