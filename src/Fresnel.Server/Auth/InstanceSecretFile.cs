using Fresnel.Engine;

namespace Fresnel.Server.Auth;

/// <summary>The instance secret of those who stated none: made at the first start, kept beside the data, readable by its owner only.</summary>
internal static class InstanceSecretFile
{
    public static string ReadOrCreate(string dataFolder, IEntropy entropy)
    {
        var path = Path.Combine(dataFolder, "instance-secret");
        if (File.Exists(path))
        {
            var kept = File.ReadAllText(path).Trim();
            if (kept.Length == 64 && kept.All(char.IsAsciiHexDigit)) return kept;
            throw new FormatException($"The file {path} does not hold an instance secret, 64 hex characters. Restore it, or delete it: then a new one is made, and old admin keys no longer work.");
        }

        Directory.CreateDirectory(dataFolder);
        var secret = AdminKeys.CreateSecret(entropy);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

        // Written beside and moved, so that a stop in between leaves no half a secret behind.
        var beside = path + ".new";
        using (var file = new FileStream(beside, options))
        {
            file.Write(System.Text.Encoding.ASCII.GetBytes(secret + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path);
        return secret;
    }
}
