using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Fresnel.Runtime.Invocations;

/// <summary>Seeds of randomness for an invocation and the functions it calls: each from the first one and its place in the order of calls, so that the same run draws the same numbers.</summary>
internal sealed class InvocationSeeds(byte[] root)
{
    private int _drawn;

    /// <summary>The seed of the next function of the tree: the root's own first.</summary>
    public ReadOnlyMemory<byte> Next()
    {
        if (_drawn == 0)
        {
            _drawn++;
            return root;
        }

        var material = new byte[root.Length + 4];
        root.CopyTo(material, 0);
        BinaryPrimitives.WriteInt32LittleEndian(material.AsSpan(root.Length), _drawn++);
        return SHA256.HashData(material);
    }
}
