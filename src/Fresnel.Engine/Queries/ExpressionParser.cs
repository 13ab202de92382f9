using System.Text.Json;
using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>Reads expression JSON: an object with one key, which says what it is.</summary>
internal static class ExpressionParser
{
    /// <summary>Deeper than anything written by hand; evaluation recurses.</summary>
    public const int MostLevels = 100;

    public static Expression Parse(JsonElement json)
    {
        try
        {
            return Read(json, levelsLeft: MostLevels);
        }
        catch (Exception problem) when (problem is InvalidOperationException or FormatException)
        {
            throw QueryParser.Invalid(problem.Message);
        }
    }

    private static Expression Read(JsonElement json, int levelsLeft)
    {
        if (levelsLeft == 0) throw QueryParser.Invalid($"a filter expression may be nested {MostLevels} levels deep");
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() != 1) throw QueryParser.Invalid("an expression is an object with one key");
        var (name, operand) = json.EnumerateObject().Select(property => (property.Name, property.Value)).Single();
        return name switch
        {
            "$literal" => new LiteralExpression(ValueJson.Parse(operand, QueryParser.Operands)),
            "$field" => new FieldExpression(FieldPath.Parse(QueryParser.Text(operand))),
            "$eq" => Compare(order => order == 0),
            "$neq" => Compare(order => order != 0),
            "$lt" => Compare(order => order < 0),
            "$lte" => Compare(order => order <= 0),
            "$gt" => Compare(order => order > 0),
            "$gte" => Compare(order => order >= 0),
            "$add" => Calculate(Arithmetic.Add),
            "$sub" => Calculate(Arithmetic.Subtract),
            "$mul" => Calculate(Arithmetic.Multiply),
            "$div" => Calculate(Arithmetic.Divide),
            "$mod" => Calculate(Arithmetic.Mod),
            "$neg" => new NegationExpression(Read(operand, levelsLeft - 1)),
            "$not" => new NotExpression(Read(operand, levelsLeft - 1)),
            "$and" => new LogicExpression([.. operand.EnumerateArray().Select(part => Read(part, levelsLeft - 1))], decisive: false),
            "$or" => new LogicExpression([.. operand.EnumerateArray().Select(part => Read(part, levelsLeft - 1))], decisive: true),
            _ => throw QueryParser.Invalid($"unknown expression `{name}`"),
        };

        ComparisonExpression Compare(Func<int, bool> accepts) => new(Operand(0), Operand(1), accepts);

        ArithmeticExpression Calculate(Arithmetic operation) => new(operation, Operand(0), Operand(1));

        Expression Operand(int index) => operand.GetArrayLength() == 2 ? Read(operand[index], levelsLeft - 1) : throw QueryParser.Invalid($"`{name}` takes two operands");
    }
}
