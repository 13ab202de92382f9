using Fresnel.Host;
using Xunit;

namespace Fresnel.Server.Tests.Host;

/// <summary>When the server collects although nobody asked for memory: after work, once it rests, and only where it is not felt.</summary>
public sealed class IdleMemoryTests
{
    private const long Mebibyte = 1 << 20;

    private readonly IdleMemory _memory;
    private long _allocated;
    private long _held = 50 * Mebibyte;
    private int _collections;

    public IdleMemoryTests() => _memory = new IdleMemory(() => _allocated, () => _held, () => _collections++);

    [Fact]
    public void After_work_it_collects_once_when_it_has_been_quiet_for_a_while()
    {
        Work(20);
        Rest(3);
        Assert.Equal(0, _collections);

        Rest(600);
        Assert.Equal(1, _collections);

        Work(20);
        Rest(600);
        Assert.Equal(2, _collections);
    }

    [Fact]
    public void It_never_collects_while_there_is_work()
    {
        for (var second = 0; second < 100; second++)
        {
            Work(5);
            Rest(second % 4);
        }

        Assert.Equal(0, _collections);
    }

    [Fact]
    public void What_an_idle_server_does_by_itself_is_not_worth_a_collection()
    {
        Work(20);
        Rest(4);
        for (var second = 0; second < 60; second++)
        {
            _allocated += Mebibyte / 10;
            _memory.Look();
        }

        Assert.Equal(1, _collections);
    }

    [Fact]
    public void A_large_heap_is_left_to_the_collector()
    {
        _held = 500 * Mebibyte;
        Work(400);
        Rest(600);

        Assert.Equal(0, _collections);
    }

    private void Work(int mebibytes)
    {
        _allocated += mebibytes * Mebibyte;
        _memory.Look();
    }

    private void Rest(int looks)
    {
        for (var look = 0; look < looks; look++) _memory.Look();
    }
}
