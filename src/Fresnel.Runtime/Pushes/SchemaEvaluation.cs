namespace Fresnel.Runtime.Pushes;

/// <summary>What a push would mean for schemas and indexes, without doing it: the answer of <c>evaluate_schema</c>.</summary>
/// <param name="ComponentSchemaEvaluations">By component path.</param>
/// <param name="NewComponentDefinitions">Definitions that are not deployed yet; none, since components are not built yet.</param>
/// <remarks>Source: <c>spec/deploy-api.md</c> §4.2.</remarks>
public sealed record SchemaEvaluation(IReadOnlyDictionary<string, ComponentSchemaEvaluation> ComponentSchemaEvaluations, IReadOnlyList<string> NewComponentDefinitions);

/// <summary>What a push would mean for one component.</summary>
/// <param name="DefinitionPath">Its definition.</param>
/// <param name="SchemaValidation">Whether documents must fit the schema.</param>
/// <param name="Tables">The tables of the schema.</param>
/// <param name="Indexes">The indexes before and after.</param>
/// <param name="DiscardedStagedValidators">Staged document types that would be given up; none, since staged types are not built yet.</param>
public sealed record ComponentSchemaEvaluation(
    string DefinitionPath, bool SchemaValidation, IReadOnlyList<TableEvaluation> Tables, IReadOnlyList<IndexEvaluation> Indexes, IReadOnlyList<string> DiscardedStagedValidators);

/// <summary>What a push would mean for one table.</summary>
/// <param name="Name">The table.</param>
/// <param name="Outcome"><c>notValidated</c>, <c>supersetOfEnforced</c> or <c>mustWalk</c>: how its documents are known to fit.</param>
/// <param name="NumDocs">How many documents it has.</param>
/// <param name="SizeBytes">How large they are.</param>
public sealed record TableEvaluation(string Name, string Outcome, long NumDocs, long SizeBytes);

/// <summary>What a push would mean for one index.</summary>
/// <param name="Name">Table and index, with a dot between.</param>
/// <param name="Type"><c>database</c>.</param>
/// <param name="Fields">As stored: with <c>_creationTime</c> at the end.</param>
/// <param name="Staged">Whether it is built but not to be read.</param>
/// <param name="Change"><c>added</c>, <c>identical</c>, <c>enabled</c>, <c>disabled</c> or <c>dropped</c>.</param>
/// <param name="NeedsBackfill">Whether documents must be entered into it.</param>
/// <param name="NumDocs">How many documents its table has.</param>
public sealed record IndexEvaluation(string Name, string Type, IReadOnlyList<string> Fields, bool Staged, string Change, bool NeedsBackfill, long NumDocs);

/// <summary>The answer of <c>evaluate_push</c>. Source: <c>spec/deploy-api.md</c> §4.3.</summary>
/// <param name="SchemaChange">What would happen to schemas and indexes.</param>
public sealed record PushEvaluation(SchemaChange SchemaChange);
