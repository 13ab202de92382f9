using System.Text.Json.Nodes;

namespace Fresnel.Testing;

/// <summary>JSON that was right once: with nonsense in the place of one of its parts.</summary>
public static class JsonMutations
{
    private static readonly string[] Nonsense =
    [
        "null", "true", "0", "-1", "1.5", "1e308", "\"\"", "\"x\"", "\"_id\"", "\"_creationTime\"", "\"a.b.c\"", "\"..\"", "\"a b\"", "\"\\u0000\"", "\"é😀\"", "[]", "[null]", "[[]]", "[\"a\",\"a\"]", "{}",
        """{"type":"any"}""", """{"type":null}""", """{"$undefined":null}""", """{"$integer":"AAAAAAAAAAA="}""", """{"$float":"AAAAAAAA8D8="}""", """{"$commitTs":null}""", """{"$eq":[1]}""", """{"$literal":true}""",
        $"\"{new string('a', 65)}\"", $"[{string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"f{i}\""))}]",
    ];

    /// <summary>A copy in which a part that chance picks is replaced, removed or doubled.</summary>
    public static string Mutate(string json, Random random)
    {
        var root = JsonNode.Parse(json);
        var parts = new List<JsonNode?>();
        Gather(root, parts);
        switch (parts.Count == 0 ? null : parts[random.Next(parts.Count)])
        {
            case JsonObject { Count: > 0 } fields:
                var (name, _) = fields.ElementAt(random.Next(fields.Count));
                if (random.Next(4) == 0) fields.Remove(name);
                else fields[name] = Nothing(random);
                break;
            case JsonArray { Count: > 0 } items:
                var at = random.Next(items.Count);
                if (random.Next(4) == 0) items.RemoveAt(at);
                else if (random.Next(3) == 0) items.Add(items[at]?.DeepClone());
                else items[at] = Nothing(random);
                break;
            default:
                return Nonsense[random.Next(Nonsense.Length)];
        }

        return root!.ToJsonString();
    }

    private static JsonNode? Nothing(Random random) => JsonNode.Parse(Nonsense[random.Next(Nonsense.Length)]);

    private static void Gather(JsonNode? node, List<JsonNode?> parts)
    {
        if (node is not (JsonObject or JsonArray)) return;
        parts.Add(node);
        foreach (var inner in node is JsonObject fields ? fields.Select(field => field.Value) : node.AsArray()) Gather(inner, parts);
    }
}
