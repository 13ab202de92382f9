using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;

namespace Fresnel.Values.Tests;

/// <summary>Random values and validators, with the awkward ones among them.</summary>
internal static class Arbitrary
{
    private static readonly string[] AwkwardTexts = ["", "\0", "\0a", "a", "a\0", "a\0b", "\u0001", "\ufffd", "\uffff", "\ue000", "😀", "é", "\"\\\n\u001f\u007f", "ÿ"];

    private static readonly double[] AwkwardNumbers =
        [0, -0.0, 1, -1, 0.1, 1e15, 1e16, 1e21, 1e22, 1e-6, 1e-7, 5e-324, double.MaxValue, double.MinValue, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 9007199254740993, 149505468006000.625];

    private static readonly string[] FieldNames = ["", "_a", "a", "aa", "ab", "b", "B", "a b", "a\"", "~"];

    public static Gen<string> Text { get; } = Gen.OneOf(
        Gen.Elements(AwkwardTexts),
        Gen.Elements(AwkwardTexts).ListOf().Select(string.Concat),
        Gen.Choose(0, 0x10ffff).Where(point => point is < 0xd800 or > 0xdfff).Select(char.ConvertFromUtf32).ListOf().Select(string.Concat));

    private static Gen<long> Bits { get; } = from high in Gen.Choose(int.MinValue, int.MaxValue) from low in Gen.Choose(int.MinValue, int.MaxValue) select (long)high << 32 | (uint)low;

    private static Gen<Value> Scalar { get; } = Gen.OneOf(
        Gen.Constant(Value.Null),
        Gen.Elements(true, false).Select(Value.Boolean),
        Gen.Elements(long.MinValue, -1, 0, 1, 256, long.MaxValue).Select(Value.Int64),
        Bits.Select(Value.Int64),
        Gen.Elements(AwkwardNumbers).Select(Value.Float64),
        Gen.Choose(-1000, 1000).Select(number => Value.Float64(number / 8.0)),
        Bits.Select(Value.Float64FromBits),
        Text.Select(Value.String),
        Gen.Elements<byte>(0, 1, 0xfe, 0xff, (byte)'a').ArrayOf().Select(bytes => Value.Bytes(bytes)));

    public static Gen<Value> Values { get; } = Gen.Sized(size => Sized(Math.Min(size, 40)));

    public static Gen<ValueObject> Objects(Gen<Value> values) =>
        Gen.Zip(Gen.Elements(FieldNames), values).ListOf().Select(fields => ValueObject.Create([.. fields.Select(field => (field.Item1, field.Item2))]));

    private static Gen<Value> Sized(int size)
    {
        if (size <= 1) return Scalar;
        var inner = Gen.Resize(Sized(size / 4), Math.Min(size, 6));
        return Gen.Frequency((4, Scalar), (1, inner.ArrayOf().Select(elements => Value.Array(elements))), (1, Objects(inner).Select(Value.Object)));
    }

    public static Gen<Validator> Validators { get; } = Gen.Sized(size => SizedValidator(Math.Min(size, 30)));

    private static Gen<Validator> SizedValidator(int size)
    {
        var leaf = Gen.OneOf(
            Gen.Elements<Validator>(ScalarValidator.Null, ScalarValidator.Float64, ScalarValidator.Int64, ScalarValidator.Boolean, ScalarValidator.String, ScalarValidator.Bytes, ScalarValidator.Any, ScalarValidator.CommitTimestamp),
            Gen.Elements("", "a", "😀").Select(text => (Validator)new LiteralValidator(text)),
            Gen.Elements(true, false).Select(flag => (Validator)new LiteralValidator(flag)),
            Gen.Elements<long>(0, 1).Select(number => (Validator)new LiteralValidator(Value.Int64(number))));
        if (size <= 1) return leaf;
        var inner = Gen.Resize(SizedValidator(size / 3), Math.Min(size, 4));
        var field = from name in Gen.Elements("a", "aa", "ab", "b", "B") from validator in inner from optional in Gen.Elements(true, false) select new FieldValidator(name, validator, optional);
        return Gen.OneOf(
            leaf,
            inner.Select(element => (Validator)new ArrayValidator(element)),
            inner.Select(values => (Validator)new RecordValidator(ScalarValidator.String, values)),
            inner.ListOf().Select(members => (Validator)new UnionValidator([.. members])),
            field.ListOf().Select(fields => (Validator)new ObjectValidator(fields.DistinctBy(one => one.Name))));
    }

    /// <summary>A value that the validator probably accepts.</summary>
    public static Gen<Value> Fitting(Validator validator) => validator switch
    {
        LiteralValidator literal => Gen.Constant(literal.Value),
        ArrayValidator array => Gen.Resize(Fitting(array.Element), 3).ArrayOf().Select(elements => Value.Array(elements)),
        RecordValidator record => Objects(Fitting(record.Values)).Select(Value.Object),
        UnionValidator { Members.IsEmpty: false } union => Gen.OneOf(union.Members.Select(Fitting)),
        ObjectValidator fields => fields.Fields.Aggregate(
            Gen.Constant(ValueObject.Empty),
            (made, field) => from others in made from value in Fitting(field.Validator) from left in Gen.Elements(true, false) select field.Optional && left ? others : others.With(field.Name, value))
            .Select(Value.Object),
        ScalarValidator scalar => Scalar.Where(value => scalar.Fail(value, NoTables.Instance) is null),
        _ => Scalar,
    };

    internal sealed class NoTables : ITableNames
    {
        public static readonly NoTables Instance = new();

        public string? NameOf(uint tableNumber) => null;
    }
}
