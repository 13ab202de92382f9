using System.Buffers;
using System.Collections.Immutable;
using Fresnel.Values;

namespace Fresnel.Engine.Queries;

/// <summary>Turns conditions on the fields of an index into an interval of its keys. Source: <c>spec/data-model.md</c> §3.2 and §2.3.</summary>
public static class IndexRangeCompiler
{
    private const string Guide = "For more information see https://docs.convex.dev/using/indexes.";

    /// <summary>Compiles a range. Conditions may stand in any order; together they must use the first fields of the index, with equalities before bounds.</summary>
    /// <param name="index">How the index is named in texts: <c>table.index</c>.</param>
    /// <param name="fields">The fields of its keys, with <c>_creationTime</c> and <c>_id</c> at the end.</param>
    /// <param name="range">The conditions.</param>
    /// <returns>An interval that is empty when the bounds contradict each other.</returns>
    /// <exception cref="DeveloperException"><c>FieldNotInIndex</c>, <c>InvalidIndexRange</c>, <c>AlreadyDefinedBound</c>, <c>BoundsOnMultipleFields</c>.</exception>
    public static KeyInterval Compile(string index, ImmutableArray<FieldPath> fields, ImmutableArray<RangeExpression> range)
    {
        var conditions = Gather(index, fields, range);
        RequirePrefix(index, fields, conditions);

        var prefix = new ArrayBufferWriter<byte>();
        for (var i = 0; i < conditions.Equal.Count; i++) IndexKey.Append(conditions.Equal[fields[i]], prefix);
        return KeyInterval.Range(prefix.WrittenMemory, conditions.Lower, conditions.Upper);
    }

    private static Conditions Gather(string index, ImmutableArray<FieldPath> fields, ImmutableArray<RangeExpression> range)
    {
        var conditions = new Conditions();
        foreach (var expression in range)
        {
            if (!fields.Contains(expression.Field))
                throw new DeveloperException("FieldNotInIndex", $"The index range included a comparison with \"{expression.Field}\", but {index} with fields {Print(Shown(fields))} doesn't index this field. {Guide}");
            conditions.Add(index, expression);
        }

        return conditions;
    }

    private static void RequirePrefix(string index, ImmutableArray<FieldPath> fields, Conditions conditions)
    {
        FieldPath[] used = [.. conditions.Equal.Keys.OrderBy(field => fields.IndexOf(field)), .. conditions.Bounded is { } bounded ? [bounded] : Array.Empty<FieldPath>()];
        for (var i = 0; i < used.Length; i++)
        {
            if (used[i].Equals(fields[i])) continue;
            throw new DeveloperException("InvalidIndexRange", $"Tried to query index {index} but the query didn't use the index fields in order.\nIndex fields: {Print(Shown(fields))}\nQuery fields: {Print(used)}\nFirst incorrect field: \"{used[i]}\"\n{Guide}");
        }
    }

    /// <summary>The fields as people know them: the <c>_id</c> at the end goes without saying.</summary>
    private static ImmutableArray<FieldPath> Shown(ImmutableArray<FieldPath> fields) => fields.Length > 1 && fields[^1].Equals(FieldPath.Id) ? fields[..^1] : fields;

    private static string Print(IEnumerable<FieldPath> fields) => $"[{string.Join(", ", fields.Select(field => $"\"{field}\""))}]";

    /// <summary>What was asked of each field.</summary>
    private sealed class Conditions
    {
        public Dictionary<FieldPath, Value> Equal { get; } = [];

        /// <summary>The one field with an inequality, if any.</summary>
        public FieldPath? Bounded { get; private set; }

        public KeyBound? Lower { get; private set; }

        public KeyBound? Upper { get; private set; }

        public void Add(string index, RangeExpression expression)
        {
            var field = expression.Field;
            if (Equal.ContainsKey(field)) throw AlreadyDefined("equality", expression);
            if (expression.Operator == RangeOperator.Eq)
            {
                if (field.Equals(Bounded)) throw AlreadyDefined("inequality", expression);
                Equal.Add(field, expression.Value);
                return;
            }

            if (Bounded is not null && !field.Equals(Bounded))
                throw new DeveloperException("BoundsOnMultipleFields", $"Upper and lower bounds in `range` can only be applied to a single index field. This query against index {index} attempted to set a range bound on both \"{Bounded}\" and \"{field}\". Consider using `filter` instead. See https://docs.convex.dev/using/indexes for more info.");
            Bounded = field;
            if (expression.Operator is RangeOperator.Gt or RangeOperator.Gte)
            {
                if (Lower is not null) throw AlreadyDefined("lower", expression);
                Lower = new(expression.Value, expression.Operator == RangeOperator.Gte);
            }
            else
            {
                if (Upper is not null) throw AlreadyDefined("upper", expression);
                Upper = new(expression.Value, expression.Operator == RangeOperator.Lte);
            }
        }

        private static DeveloperException AlreadyDefined(string bound, RangeExpression expression)
        {
            var sign = expression.Operator switch
            {
                RangeOperator.Gt => ">",
                RangeOperator.Gte => ">=",
                RangeOperator.Lt => "<",
                RangeOperator.Lte => "<=",
                _ => "==",
            };
            return new("AlreadyDefinedBound", $"Already defined {bound} bound in index range. Can't add \"{expression.Field}\" {sign} {expression.Value}.");
        }
    }
}
