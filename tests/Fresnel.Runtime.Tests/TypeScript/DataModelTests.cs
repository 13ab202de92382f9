using System.Text.Json.Nodes;
using Fresnel.Testing;

namespace Fresnel.Runtime.Tests.TypeScript;

/// <summary>Ids, system tables and values through the unmodified client library.</summary>
public sealed class DataModelTests
{
    private const string Source = """
        import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";

        const told = async (action) => {
          try {
            return { value: await action() };
          } catch (error) {
            return { error: error.message };
          }
        };
        export const add = mutation(async (ctx) => [await ctx.db.insert("users", { n: 1n, f: -0, b: new Uint8Array([0, 255]).buffer }), await ctx.db.insert("messages", {})]);
        export const refused = mutation(async (ctx, { user, message, file }) => ({
          otherTable: await told(() => ctx.db.get("users", message)),
          garbage: await told(() => ctx.db.get("garbage")),
          storageQuery: await told(() => ctx.db.query("_storage").collect()),
          storageInsert: await told(() => ctx.db.insert("_storage", {})),
          storagePatch: await told(() => ctx.db.patch(file, { a: 1 })),
          systemUser: await told(() => ctx.db.system.get(user)),
          underscore: await told(() => ctx.db.insert("users", { _foo: 1 })),
          nested: await told(async () => (await ctx.db.get(await ctx.db.insert("users", { a: { _foo: 1 } }))).a),
          surrogate: await told(() => ctx.db.insert("users", { s: "\ud800" })),
          undefinedInArray: await told(() => ctx.db.insert("users", { s: [undefined] })),
          date: await told(() => ctx.db.insert("users", { s: new Date(0) })),
          function: await told(() => ctx.db.insert("users", { s: () => 1 })),
          bigBigint: await told(() => ctx.db.insert("users", { s: 2n ** 63n })),
          dollar: await told(() => ctx.db.insert("users", { $s: 1 })),
        }));
        export const values = query(async (ctx, { user }) => {
          const { n, f, b } = await ctx.db.get(user);
          return [typeof n, Object.is(f, -0), [...new Uint8Array(b)], ctx.db.normalizeId("users", user) === user, ctx.db.normalizeId("messages", user)];
        });
        """;

    [Fact, Spec("data-model", 5, 7, 11, 14, 15)]
    public async Task The_library_is_told_what_is_refused_and_its_values_come_back()
    {
        await using var app = await TypeScriptApp.StartAsync(Source);
        var (user, message) = JsonNode.Parse(await app.MutateAsync("add"))!.AsArray() is [var one, var other] ? (one!.GetValue<string>(), other!.GetValue<string>()) : default;
        Assert.Equal("""["bigint",true,[0,255],true,null]""", await app.QueryAsync("values", $$"""{"user":"{{user}}"}"""));

        var file = new Fresnel.Values.DocumentId(540, default).ToString();
        var told = JsonNode.Parse(await app.MutateAsync("refused", $$"""{"user":"{{user}}","message":"{{message}}","file":"{{file}}"}"""))!.AsObject();
        Error("otherTable", "expected to be an Id<\"users\">, got Id<\"messages\"> instead.");
        Error("garbage", "Unable to decode ID: Invalid ID length 7");
        Error("storageQuery", "System tables");
        Error("storageInsert", "System tables (prefixed with `_`) are read-only.");
        Error("storagePatch", "System tables can only be accessed with db.system.");
        Error("systemUser", "User tables cannot be accessed with db.system.");
        Error("underscore", "Field '_foo' starts with an underscore");
        Assert.Equal("""{"_foo":1}""", told["nested"]!["value"]!.ToJsonString());
        foreach (var name in (string[])["surrogate", "undefinedInArray", "date", "function", "bigBigint", "dollar"]) Error(name, "");

        void Error(string name, string text) => Assert.True(
            told[name]!["error"]?.GetValue<string>().Contains(text, StringComparison.Ordinal) ?? false, $"{name}: {told[name]!.ToJsonString()}");
    }
}
