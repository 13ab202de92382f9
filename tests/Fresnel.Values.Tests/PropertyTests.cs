using System.Buffers;
using System.Text;
using System.Text.Json;
using Fresnel.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fresnel.Values.Tests;

/// <summary>What holds for all values. A failure prints the seed with which FsCheck finds it again.</summary>
public sealed class PropertyTests
{
    private static void Holds<T>(Gen<T> generator, Func<T, bool> property, int runs = 2000) =>
        Prop.ForAll(Arb.From(generator), property).Check(Config.QuickThrowOnFailure.WithMaxTest(runs));

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, MaxDepth = 200 };

    private static readonly Gen<(Value Left, Value Right)> Pairs = from left in Arbitrary.Values from right in Gen.Frequency((4, Arbitrary.Values), (1, Gen.Constant(left))) select (left, right);

    [Fact]
    public void Canonical_json_is_read_back_and_is_its_own_canonical_form() => Holds(Arbitrary.Values, value =>
    {
        var json = ValueJson.Write(value);
        return ValueJson.Parse(json) == value && ValueJson.Canonicalize(json).Span.SequenceEqual(json);
    });

    [Fact]
    public void Another_spelling_has_the_same_canonical_form() => Holds(Arbitrary.Values, value =>
    {
        var json = ValueJson.Write(value);
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 200 });
        var indented = JsonSerializer.SerializeToUtf8Bytes(document.RootElement, Indented);
        return ValueJson.Canonicalize(indented).Span.SequenceEqual(json);
    });

    [Fact]
    public void Values_are_equal_exactly_when_their_bytes_are() => Holds(Pairs, pair =>
        pair.Left == pair.Right == ValueJson.Write(pair.Left).AsSpan().SequenceEqual(ValueJson.Write(pair.Right)) &&
        pair.Left == pair.Right == (pair.Left.CompareTo(pair.Right) == 0) &&
        (pair.Left != pair.Right || pair.Left.GetHashCode() == pair.Right.GetHashCode()));

    [Fact, Spec("data-model", 16)]
    public void Keys_order_as_values_do() => Holds(Pairs, pair =>
        Math.Sign(pair.Left.CompareTo(pair.Right)) == Math.Sign(IndexKey.Encode(pair.Left).AsSpan().SequenceCompareTo(IndexKey.Encode(pair.Right))) &&
        Math.Sign(pair.Left.CompareTo(pair.Right)) == -Math.Sign(pair.Right.CompareTo(pair.Left)));

    [Fact, Spec("data-model", 16)]
    public void Keys_of_several_values_order_as_lists_do_and_are_read_back() => Holds(
        Gen.Zip(Arbitrary.Values.ListOf(3), Arbitrary.Values.ListOf(3)),
        lists =>
        {
            Value[] left = [.. lists.Item1], right = [.. lists.Item2];
            return IndexKey.Decode(IndexKey.Encode(left)).AsSpan().SequenceEqual(left) &&
                Math.Sign(left.AsSpan().SequenceCompareTo(right)) == Math.Sign(IndexKey.Encode(left).AsSpan().SequenceCompareTo(IndexKey.Encode(right)));
        });

    [Fact]
    public void A_prefix_holds_exactly_the_keys_that_begin_with_it() => Holds(
        Gen.Zip(Pairs, Arbitrary.Values),
        test => KeyInterval.Prefix(IndexKey.Encode(test.Item1.Left)).Contains(IndexKey.Encode(test.Item1.Right, test.Item2)) == (test.Item1.Left == test.Item1.Right));

    [Fact]
    public void Bounds_hold_exactly_the_values_between_them() => Holds(
        from bounds in Pairs from withLow in Gen.Elements(true, false) from withHigh in Gen.Elements(true, false) from pair in Pairs select (bounds, withLow, withHigh, pair.Left),
        test =>
        {
            var ((low, high), withLow, withHigh, value) = test;
            var prefix = IndexKey.Encode("p");
            var interval = KeyInterval.Range(prefix, new KeyBound(low, withLow), new KeyBound(high, withHigh));
            var inside = value.CompareTo(low) is var above && (withLow ? above >= 0 : above > 0) && value.CompareTo(high) is var below && (withHigh ? below <= 0 : below < 0);
            return interval.Contains(IndexKey.Encode("p", value, "id")) == inside && !interval.Contains(IndexKey.Encode("q", value, "id"));
        });

    [Fact]
    public void Ids_are_read_back() => Holds(
        from shift in Gen.Choose(0, 32) from seed in Gen.Choose(0, int.MaxValue - 1) select (shift, seed),
        parts =>
        {
            var number = Math.Max(1, (uint)((long)parts.seed * 2 >> parts.shift));
            var id = new DocumentId(number, new InternalId(new UInt128((ulong)parts.seed * 0x9e3779b97f4a7c15, (ulong)parts.seed * 0xc2b2ae3d27d4eb4f)));
            return DocumentId.TryParse(id.ToString(), out var again) && again == id && id.ToString().Length is >= 31 and <= 37;
        });

    [Fact]
    public void Ids_of_a_table_sort_as_their_internal_ids() => Holds(
        Gen.Zip(Gen.Choose(0, int.MaxValue - 1), Gen.Choose(0, int.MaxValue - 1)),
        parts =>
        {
            var (left, right) = (new InternalId((UInt128)parts.Item1 << 90), new InternalId((UInt128)parts.Item2 << 90));
            return left.CompareTo(right).Equals(Math.Sign(string.CompareOrdinal(new DocumentId(10001, left).ToString(), new DocumentId(10001, right).ToString())));
        });

    [Fact]
    public void A_changed_id_is_refused_or_is_spelled_as_it_stands() => Holds(
        Gen.Zip(Gen.Choose(0, 31), Gen.Elements("0123456789abcdefghjkmnpqrstvwxyz".ToCharArray())),
        change =>
        {
            var text = "j57020g30g2gc1r81450p30d1r7h0swg".ToCharArray();
            text[change.Item1] = change.Item2;
            return !DocumentId.TryParse(text, out var id) || id.ToString().AsSpan().SequenceEqual(text);
        });

    [Fact]
    public void Random_bytes_are_refused_or_are_a_value_and_never_crash_a_parser()
    {
        var fragments = Gen.Elements("{", "}", "[", "]", ",", ":", "\"", "\"$integer\":\"", "\"$bytes\":\"", "AAAA", "AAAAAAAAAAA=", "null", "true", "-", "0", "12", ".5", "e+3", "1e400", "\\ud800", "\\u0061", "\\n", " ", "a", "é", "\"a\":", "\"$undefined\":null", "\"$commitTs\":null", "{\"a\":1}");
        var texts = fragments.ListOf().Select(parts => Encoding.UTF8.GetBytes(string.Concat(parts)));
        var noise = Gen.Choose(0, 255).Select(number => (byte)number).ArrayOf();
        var mutated = from value in Arbitrary.Values from at in Gen.Choose(0, 1000) from replacement in Gen.Choose(0, 255) select Replace(ValueJson.Write(value), at, (byte)replacement);
        Holds(Gen.OneOf(texts, noise, mutated), json =>
        {
            foreach (var options in (ValueJsonOptions[])[ValueJsonOptions.None, ValueJsonOptions.AllowUndefined | ValueJsonOptions.AllowCommitTimestamp])
            {
                var canonical = Try(() => ValueJson.Canonicalize(json, options).ToArray());
                var written = Try(() => ValueJson.Write(ValueJson.Parse(json, options)));
                if (canonical is null != written is null || (canonical is not null && !canonical.AsSpan().SequenceEqual(written))) return false;
            }

            _ = Try(() => ValueJson.ParsePatch(json));
            _ = Try(() => IndexKey.Encode(IndexKey.Decode(json)));
            return true;
        }, runs: 20_000);
    }

    [Fact]
    public void Keys_are_read_back_only_from_their_own_bytes()
    {
        var mutated = from value in Arbitrary.Values from at in Gen.Choose(0, 1000) from replacement in Gen.Choose(0, 255) select Replace(IndexKey.Encode(value), at, (byte)replacement);
        Holds(mutated, key => Try(() => IndexKey.Encode(IndexKey.Decode(key))) is not { } again || again.AsSpan().SequenceEqual(key), runs: 10_000);
    }

    [Fact]
    public void What_a_subset_accepts_is_accepted()
    {
        var tests = from small in Arbitrary.Validators from large in Gen.Frequency((2, Arbitrary.Validators), (1, Gen.Constant(Widened(small)))) from value in Arbitrary.Fitting(small) select (small, large, value);
        Holds(tests, test => !test.small.IsSubsetOf(test.large) || Rejects(test.small, test.value) || !Rejects(test.large, test.value), runs: 5000);
    }

    [Fact]
    public void Validators_are_read_back_from_their_json() =>
        Holds(Arbitrary.Validators, validator => Validator.Parse(ValidatorTests.Written(validator)).Equals(validator));

    [Fact]
    public void Floats_print_to_digits_that_read_back() => Holds(Arbitrary.Values.Where(value => value.Kind == ValueKind.Float64 && double.IsFinite(value.AsFloat64())), value =>
        BitConverter.DoubleToInt64Bits(double.Parse(value.ToString(), System.Globalization.CultureInfo.InvariantCulture)) == BitConverter.DoubleToInt64Bits(value.AsFloat64()));

    private static bool Rejects(Validator validator, Value value) => validator.Check(value, Arbitrary.NoTables.Instance) is not null;

    private static Validator Widened(Validator validator) => validator switch
    {
        LiteralValidator literal => literal.Type,
        ArrayValidator array => new ArrayValidator(Widened(array.Element)),
        ObjectValidator fields => new ObjectValidator(fields.Fields.Select(field => field with { Validator = Widened(field.Validator), Optional = true }).Append(new("z", Validator.Any, true))),
        _ => new UnionValidator([ScalarValidator.Null, validator]),
    };

    private static byte[] Replace(byte[] bytes, int at, byte replacement)
    {
        if (bytes.Length > 0) bytes[at % bytes.Length] = replacement;
        return bytes;
    }

    private static byte[]? Try(Func<byte[]> action)
    {
        try
        {
            return action();
        }
        catch (InvalidValueException)
        {
            return null;
        }
    }

    private static object? Try(Func<object> action)
    {
        try
        {
            return action();
        }
        catch (InvalidValueException)
        {
            return null;
        }
    }
}
