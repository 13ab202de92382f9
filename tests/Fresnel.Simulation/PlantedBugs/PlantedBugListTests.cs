namespace Fresnel.Simulation.PlantedBugs;

/// <summary>The list of planted bugs fits the source.</summary>
public sealed class PlantedBugListTests
{
    [Fact]
    public void What_each_replaces_stands_in_the_source_exactly_once()
    {
        var stale = PlantedBugList.All.Where(bug => bug.Occurrences != 1).Select(bug => $"{bug.File} has it {bug.Occurrences} times: {bug.Name}");
        Assert.Empty(stale);
    }

    [Fact]
    public void There_are_many_and_each_has_a_name_of_its_own() => Assert.True(PlantedBugList.All.DistinctBy(bug => bug.Name).Count() >= 12);
}
