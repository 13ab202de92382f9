using Fresnel.Testing;

namespace Fresnel.Simulation.PlantedBugs;

/// <summary>A bug of one line that the simulation must find.</summary>
/// <param name="Name">What it does wrong.</param>
/// <param name="File">Where, from the root of the repository.</param>
/// <param name="Text">What stands there; once in the file.</param>
/// <param name="Replacement">What is planted in its place.</param>
internal sealed record PlantedBug(string Name, string File, string Text, string Replacement)
{
    /// <summary>How often the text stands in the file now: once, or the list is out of date.</summary>
    public int Occurrences
    {
        get
        {
            var path = RepositoryFiles.PathOf(File);
            return System.IO.File.Exists(path) ? System.IO.File.ReadAllText(path).Split(Text).Length - 1 : 0;
        }
    }

    /// <summary>Plants it in a copy of the repository; disposing takes it out.</summary>
    public IDisposable PlantIn(string root)
    {
        var path = Path.Combine(root, File);
        var before = System.IO.File.ReadAllText(path);
        System.IO.File.WriteAllText(path, before.Replace(Text, Replacement, StringComparison.Ordinal));
        return new Removal(() => System.IO.File.WriteAllText(path, before));
    }

    public override string ToString() => Name;

    private sealed class Removal(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
