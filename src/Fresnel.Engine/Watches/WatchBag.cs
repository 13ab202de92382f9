namespace Fresnel.Engine.Watches;

/// <summary>The watches of one interval. Usually one; but what every query reads, a table's own document for one, is watched by all of them.</summary>
/// <remarks>A watch may be in it several times, once for each time it was added.</remarks>
internal sealed class WatchBag<T> where T : class
{
    /// <summary>Beyond this, looking through a list costs more than hashing.</summary>
    private const int MostInList = 8;

    private readonly List<T> _few = [];
    private Dictionary<T, int>? _many; // With how often each was added; null while they are few.

    public bool IsEmpty => _few.Count == 0 && _many is not { Count: > 0 };

    public void Add(T watch)
    {
        if (_many is null && _few.Count < MostInList)
        {
            _few.Add(watch);
            return;
        }

        if (_many is null)
        {
            _many = new(ReferenceEqualityComparer.Instance);
            foreach (var other in _few) Count(other);
            _few.Clear();
        }

        Count(watch);
    }

    public bool Remove(T watch)
    {
        if (_many is null) return _few.Remove(watch);
        if (!_many.TryGetValue(watch, out var times)) return false;
        if (times == 1) _many.Remove(watch);
        else _many[watch] = times - 1;
        return true;
    }

    public void CopyTo(List<T> found)
    {
        found.AddRange(_few);
        if (_many is not null) found.AddRange(_many.Keys);
    }

    private void Count(T watch) => _many![watch] = _many.GetValueOrDefault(watch) + 1;
}
