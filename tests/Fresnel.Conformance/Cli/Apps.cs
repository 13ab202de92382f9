namespace Fresnel.Conformance.Cli;

/// <summary>Files of small Convex projects.</summary>
internal static class Apps
{
    /// <summary>A schema with one table and one index.</summary>
    public const string Schema = """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";

        export default defineSchema({
          messages: defineTable({ author: v.string(), body: v.string() }).index("by_author", ["author"]),
        });
        """;

    /// <summary>Public and internal functions over it, and a default export.</summary>
    public const string Messages = """
        import { query, mutation, internalQuery } from "./_generated/server";
        import { v } from "convex/values";

        export const list = query({
          args: {},
          handler: async (ctx) => (await ctx.db.query("messages").order("asc").collect()).map((message) => `${message.author}: ${message.body}`),
        });

        export const send = mutation({
          args: { author: v.string(), body: v.string() },
          handler: async (ctx, args) => {
            console.log("sending for", args.author);
            await ctx.db.insert("messages", args);
          },
        });

        export const count = internalQuery({ args: {}, handler: async (ctx) => (await ctx.db.query("messages").collect()).length });

        export default query({ args: {}, handler: async () => "the default one" });
        """;

    /// <summary>The files of the app.</summary>
    public static (string Path, string Text)[] Chat { get; } = [("convex/schema.ts", Schema), ("convex/messages.ts", Messages)];
}
