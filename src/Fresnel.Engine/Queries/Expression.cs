using System.Collections.Immutable;
using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>A filter expression. Immutable. Source: <c>spec/data-model.md</c> §3.3.</summary>
public abstract class Expression
{
    private protected Expression()
    {
    }

    /// <summary>Reads the JSON: <c>{"$eq":[{"$field":"a"},{"$literal":1}]}</c>.</summary>
    /// <exception cref="DeveloperException">It is not an expression.</exception>
    public static Expression Parse(JsonElement json) => ExpressionParser.Parse(json);

    /// <summary>The value of the expression for a document; possibly undefined.</summary>
    /// <exception cref="DeveloperException"><c>EvalError</c>: types that do not go together.</exception>
    public abstract Value Evaluate(ValueObject document);

    /// <summary>The value as a truth. Nothing but a Boolean is true or false.</summary>
    /// <exception cref="DeveloperException"><c>EvalError</c>.</exception>
    public bool IsTrue(ValueObject document)
    {
        var value = Evaluate(document);
        return value.Kind == ValueKind.Boolean ? value.AsBoolean() : throw EvalError($"Cannot use value {Typed(value)} as a Boolean");
    }

    internal static DeveloperException EvalError(string message) => new("EvalError", message);

    /// <summary>A value with its type, as texts show it.</summary>
    internal static string Typed(Value value) => $"{value} (type {(value.IsUndefined ? "undefined" : value.Kind.ToString())})";
}

/// <summary><c>$literal</c>: a constant.</summary>
internal sealed class LiteralExpression(Value value) : Expression
{
    public override Value Evaluate(ValueObject document) => value;
}

/// <summary><c>$field</c>: a field of the document, or undefined.</summary>
internal sealed class FieldExpression(FieldPath path) : Expression
{
    public override Value Evaluate(ValueObject document) => document[path];
}

/// <summary><c>$eq</c> and its kin, by the total order of values: they never fail.</summary>
internal sealed class ComparisonExpression(Expression left, Expression right, Func<int, bool> accepts) : Expression
{
    public override Value Evaluate(ValueObject document) => accepts(left.Evaluate(document).CompareTo(right.Evaluate(document)));
}

/// <summary><c>$not</c>.</summary>
internal sealed class NotExpression(Expression operand) : Expression
{
    public override Value Evaluate(ValueObject document) => !operand.IsTrue(document);
}

/// <summary><c>$and</c> and <c>$or</c>: from left to right, until one decides.</summary>
internal sealed class LogicExpression(ImmutableArray<Expression> operands, bool decisive) : Expression
{
    public override Value Evaluate(ValueObject document)
    {
        foreach (var operand in operands)
        {
            if (operand.IsTrue(document) == decisive) return decisive;
        }

        return !decisive;
    }
}
