namespace Fresnel.Runtime.Pushes;

/// <summary>Keeps the last answer to a question: the CLI asks the same thing two or three times for one push, and each answer takes a process.</summary>
/// <remarks>One answer is kept. A failure is not: whoever asks again learns it anew.</remarks>
internal sealed class LastAnswer<T> where T : class
{
    private volatile Kept? _last;

    /// <summary>The answer.</summary>
    /// <param name="key">Everything that the answer depends on.</param>
    /// <param name="ask">Finds it out.</param>
    public async Task<T> GetAsync(string key, Func<Task<T>> ask)
    {
        if (_last is { } last && last.Key == key) return last.Answer;
        var answer = await ask();
        _last = new(key, answer);
        return answer;
    }

    private sealed record Kept(string Key, T Answer);
}
