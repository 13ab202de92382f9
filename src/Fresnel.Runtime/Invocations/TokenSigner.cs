using System.Buffers.Text;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Fresnel.Runtime.Invocations;

/// <summary>Signs the tokens that a deployment issues itself (<c>ctx.auth.signJwt</c>), and tells the key by which anyone verifies them.</summary>
/// <remarks>JWS in compact form, by ES256. The key pair is derived from the deployment's secret, so it is the same after every restart.</remarks>
public sealed class TokenSigner : IDisposable
{
    private const int CoordinateLength = 32;

    /// <summary>Eight bytes more than the order has: what is left of it by the order is then as good as even. Source: FIPS 186-5, A.2.1.</summary>
    private const int SeedLength = CoordinateLength + 8;

    /// <summary>The order of P-256. Source: SP 800-186, 3.2.1.3.</summary>
    private static readonly BigInteger Order = Number(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"));

    private readonly ECDsa _key;
    private readonly string _header;
    private readonly Lock _signing = new(); // A key promises nothing to two threads at once.

    internal TokenSigner(byte[] secret)
    {
        var seed = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, SeedLength, info: "token signature"u8.ToArray());
        _key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = PrivateKey(seed) });
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        var id = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""))); // RFC 7638.
        PublicKeys = Encoding.ASCII.GetBytes($$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{x}}","y":"{{y}}","kid":"{{id}}","alg":"ES256","use":"sig"}]}""");
        _header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"ES256","kid":"{{id}}","typ":"JWT"}"""));
    }

    /// <summary>The public key as a JWK set.</summary>
    public ReadOnlyMemory<byte> PublicKeys { get; }

    /// <summary>Signs a token.</summary>
    /// <param name="request">What it says.</param>
    /// <param name="issuer">Who issues it.</param>
    /// <param name="now">When: seconds since 1970.</param>
    internal string Sign(TokenRequest request, string issuer, long now)
    {
        var payload = FunctionMetadata.Write(json =>
        {
            json.WriteString("iss", issuer);
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + request.Seconds);
            if (request.Claims is not { } claims) return;
            foreach (var claim in claims.EnumerateObject()) claim.WriteTo(json);
        });
        var signed = $"{_header}.{Base64Url.EncodeToString(payload.Span)}";
        lock (_signing) return $"{signed}.{Base64Url.EncodeToString(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static byte[] PrivateKey(byte[] seed)
    {
        var bytes = ((Number(seed) % (Order - 1)) + 1).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[CoordinateLength - bytes.Length], .. bytes];
    }

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
