using Fresnel.Testing.LanguageModels;
using Xunit;

namespace Fresnel.Conformance.Seeds;

/// <summary>Pattern 10: documents hold texts and pointers, vectors live in a store of their own, functions bring them together.</summary>
public sealed class RetrievalTests
{
    private static readonly SeedAppDefinition Retrieval = new("retrieval",
    [
        new("convex/schema.ts", null, """
            import { defineSchema, defineTable } from "convex/server";
            import { v } from "convex/values";
            export default defineSchema({ sources: defineTable({ text: v.string(), vectorId: v.string() }).index("by_vector", ["vectorId"]) });
            """),
        new("convex/sources.ts", null, """
            import { internalMutation, internalQuery, query } from "./_generated/server";
            import { v } from "convex/values";
            export const add = internalMutation({ args: { text: v.string(), vectorId: v.string() }, handler: async (ctx, args) => await ctx.db.insert("sources", args) });
            export const byVectors = internalQuery({
              args: { vectorIds: v.array(v.string()) },
              returns: v.array(v.string()),
              handler: async (ctx, { vectorIds }) => {
                const found = await Promise.all(vectorIds.map((id) => ctx.db.query("sources").withIndex("by_vector", (q) => q.eq("vectorId", id)).unique()));
                return found.flatMap((source) => (source === null ? [] : [source.text]));
              },
            });
            export const count = query({ args: {}, handler: async (ctx) => (await ctx.db.query("sources").collect()).length });
            """),
        new("convex/retrieval.ts", null, """
            import { action } from "./_generated/server";
            import { internal } from "./_generated/api";
            import { v } from "convex/values";
            import OpenAI from "openai";
            const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, baseURL: process.env.OPENAI_BASE_URL });
            async function ask<Answer>(path: string, body: unknown): Promise<Answer> {
              const response = await fetch(`${process.env.STORE_URL}${path}`, { method: "POST", body: JSON.stringify(body) });
              if (!response.ok) throw new Error(`The store answered ${response.status}.`);
              return await response.json();
            }
            export const learn = action({
              args: { text: v.string() },
              returns: v.null(),
              handler: async (ctx, { text }) => {
                const { id } = await ask<{ id: string }>("/vectors", { text });
                await ctx.runMutation(internal.sources.add, { text, vectorId: id });
                return null;
              },
            });
            export const answer = action({
              args: { question: v.string() },
              returns: v.string(),
              handler: async (ctx, { question }): Promise<string> => {
                const { ids } = await ask<{ ids: string[] }>("/nearest", { text: question, count: 2 });
                const sources = await ctx.runQuery(internal.sources.byVectors, { vectorIds: ids });
                const completion = await openai.chat.completions.create({
                  model: "gpt-4o-mini",
                  messages: [{ role: "system", content: `Answer from this:\n${sources.join("\n")}` }, { role: "user", content: question }],
                });
                return completion.choices[0].message.content ?? "";
              },
            });
            """),
    ]);

    /// <summary>A vector store: counts of letters, compared by their angle.</summary>
    private const string Store = """
        const vectors = new Map();
        const embed = (text) => Array.from({ length: 26 }, (_, letter) => [...text.toLowerCase()].filter((one) => one.charCodeAt(0) === 97 + letter).length);
        const angle = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0) / (Math.hypot(...a) * Math.hypot(...b));
        const store = (await import("node:http")).createServer(async (request, response) => {
          let body = "";
          for await (const part of request) body += part;
          const { text, count } = JSON.parse(body), vector = embed(text);
          if (request.url === "/vectors") {
            const id = `vector-${vectors.size}`;
            vectors.set(id, vector);
            response.end(JSON.stringify({ id }));
          } else {
            response.end(JSON.stringify({ ids: [...vectors].sort((a, b) => angle(b[1], vector) - angle(a[1], vector)).slice(0, count).map(([id]) => id) }));
          }
        });
        await new Promise((listening) => store.listen(0, "127.0.0.1", listening));
        const set = await fetch(`${url}/api/update_environment_variables`, {
          method: "POST", headers: { Authorization: `Convex ${adminKey}`, "Content-Type": "application/json" },
          body: JSON.stringify({ changes: [{ name: "STORE_URL", value: `http://127.0.0.1:${store.address().port}` }] }),
        });
        assert.equal(set.status, 200);

        """;

    [Fact]
    public async Task What_is_nearest_to_a_question_is_found_outside_and_told_to_the_model()
    {
        await using var app = await SeedApp.StartAsync(Retrieval);
        app.Model.Answer = request => new(request.Messages[0].Content);
        await app.RunAsync(Store + """
            const client = open();
            for (const text of ["zebras zigzag", "apples and bananas", "a banana salad"]) await client.action(api.retrieval.learn, { text });
            assert.equal(await client.query(api.sources.count, {}), 3);
            const told = await client.action(api.retrieval.answer, { question: "a banana" });
            assert.deepEqual(told.split("\n").sort(), ["Answer from this:", "a banana salad", "apples and bananas"]);
            await client.close();
            store.close();
            """);
        Assert.Equal([new ModelMessage("user", "a banana")], app.Model.Requests.Single().Messages.Skip(1));
    }
}
