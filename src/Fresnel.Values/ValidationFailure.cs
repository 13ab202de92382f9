namespace Fresnel.Values;

/// <summary>The first thing wrong with a value, and where.</summary>
/// <remarks>
/// Texts can be as long as the value, and those of the members of a union are thrown away, so a text is made only when it is asked for.
/// The path is gathered from the inside out, while the check returns.
/// </remarks>
internal sealed class ValidationFailure
{
    private readonly Func<string, string> _print;
    private readonly List<string> _path = [];

    private ValidationFailure(Func<string, string> print) => _print = print;

    /// <summary>The text of <c>spec/data-model.md</c> §4.5.</summary>
    public string Text => _print(_path.Count == 0 ? "" : $"Path: {string.Concat(Enumerable.Reverse(_path))}");

    /// <summary>The failure as seen one step further out.</summary>
    public ValidationFailure Within(string step)
    {
        _path.Add(step);
        return this;
    }

    public static ValidationFailure NoMatch(Value value, Validator validator) =>
        new(path => $"Value does not match validator.\n{path}\nValue: {value}\nValidator: {validator}");

    public static ValidationFailure MissingField(string field, ValueObject found, ObjectValidator validator) => new(path =>
        $"Object is missing the required field `{field}`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n{path}\nObject: {found}\nValidator: {validator}");

    public static ValidationFailure ExtraField(string field, ValueObject found, ObjectValidator validator) =>
        new(path => $"Object contains extra field `{field}` that is not in the validator.\n{path}\nObject: {found}\nValidator: {validator}");

    public static ValidationFailure OtherLiteral(Value value, LiteralValidator validator) =>
        new(path => $"`{value}` does not match literal validator `{validator}`.{path}");

    public static ValidationFailure OtherTable(string id, string table, IdValidator validator)
    {
        var found = TableName.IsSystem(table) ? "a system table" : $"table `{table}`";
        return new(path => $"Found ID \"{id}\" from {found}, which does not match the table name in validator `{validator}`.{path}");
    }
}
