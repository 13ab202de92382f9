using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>The arithmetic of filters.</summary>
internal enum Arithmetic
{
    Add,
    Subtract,
    Multiply,
    Divide,
    Mod,
}

/// <summary><c>$add</c> and its kin: of two Int64 or of two Float64, and of nothing else.</summary>
internal sealed class ArithmeticExpression(Arithmetic operation, Expression left, Expression right) : Expression
{
    public override Value Evaluate(ValueObject document)
    {
        var (l, r) = (left.Evaluate(document), right.Evaluate(document));
        return (l.Kind, r.Kind) switch
        {
            (ValueKind.Float64, ValueKind.Float64) => Value.Float64(OfFloats(l.AsFloat64(), r.AsFloat64())),
            (ValueKind.Int64, ValueKind.Int64) => OfIntegers(l, r),
            _ => throw EvalError($"Cannot {Verb} {Typed(l)} and {Typed(r)}"),
        };
    }

    private string Verb => operation switch
    {
        Arithmetic.Add => "add",
        Arithmetic.Subtract => "subtract",
        Arithmetic.Multiply => "multiply",
        Arithmetic.Divide => "divide",
        _ => "mod",
    };

    private double OfFloats(double l, double r) => operation switch
    {
        Arithmetic.Add => l + r,
        Arithmetic.Subtract => l - r,
        Arithmetic.Multiply => l * r,
        Arithmetic.Divide => l / r,
        _ => l % r,
    };

    private Value OfIntegers(Value left, Value right)
    {
        var (l, r) = ((Int128)left.AsInt64(), (Int128)right.AsInt64());
        if (r == 0 && operation is Arithmetic.Divide or Arithmetic.Mod) throw EvalError($"Cannot {Verb} {left} by zero");
        var result = operation switch
        {
            Arithmetic.Add => l + r,
            Arithmetic.Subtract => l - r,
            Arithmetic.Multiply => l * r,
            Arithmetic.Divide => l / r,
            _ => l % r,
        };
        return result >= long.MinValue && result <= long.MaxValue
            ? Value.Int64((long)result)
            : throw EvalError($"Cannot {Verb} {left} and {right}: the result is out of range for Int64");
    }
}

/// <summary><c>$neg</c>.</summary>
internal sealed class NegationExpression(Expression operand) : Expression
{
    public override Value Evaluate(ValueObject document)
    {
        var value = operand.Evaluate(document);
        return value.Kind switch
        {
            ValueKind.Float64 => Value.Float64(-value.AsFloat64()),
            ValueKind.Int64 when value.AsInt64() != long.MinValue => Value.Int64(-value.AsInt64()),
            ValueKind.Int64 => throw EvalError($"Cannot negate {value}: the result is out of range for Int64"),
            _ => throw EvalError($"Cannot negate {Typed(value)}"),
        };
    }
}
