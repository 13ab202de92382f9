import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

/** Inserts one document: the smallest mutation that does something. */
export const add = mutation({
  args: { author: v.string(), body: v.string(), n: v.number() },
  returns: v.id("notes"),
  handler: (ctx, note) => ctx.db.insert("notes", note),
});

/** Reads nothing: what remains is the way there and back. */
export const ping = query({ args: {}, returns: v.string(), handler: async () => "pong" });

/** Reads the newest note of an author through an index. */
export const newest = query({
  args: { author: v.string() },
  handler: (ctx, { author }) =>
    ctx.db.query("notes").withIndex("by_author", (q) => q.eq("author", author)).order("desc").first(),
});
