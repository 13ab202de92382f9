using Fresnel.Testing.Hosts;
using Xunit;

namespace Fresnel.Conformance.Browsers;

/// <summary>The browser of this machine. Tests look for one and never install it.</summary>
internal static class ChromiumPath
{
    /// <summary>Finds it. Without one the test is skipped, or fails where <c>CI=true</c> says that nothing may be missing.</summary>
    public static string Find()
    {
        var path = Environment.GetEnvironmentVariable("CHROME") ?? Executable.TryFind("chromium") ?? "/usr/bin/chromium";
        if (File.Exists(path)) return path;
        const string Missing = "There is no Chromium: install one (apt-get install chromium), or name it in CHROME.";
        if (Environment.GetEnvironmentVariable("CI") == "true") Assert.Fail(Missing);
        Assert.Skip(Missing);
        return path;
    }
}
