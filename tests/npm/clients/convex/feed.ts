// Conversations of numbered messages, read page by page.

import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const list = query({
  args: { conversation: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, { conversation, paginationOpts }) => {
    const turned = await ctx.db
      .query("oldestFirst")
      .withIndex("by_conversation", (q) => q.eq("conversation", conversation))
      .unique();
    return await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) => q.eq("conversation", conversation))
      .order(turned === null ? "desc" : "asc")
      .paginate(paginationOpts);
  },
});

/** Writes messages with the numbers first to last, in one transaction. */
export const fill = mutation({
  args: { conversation: v.string(), first: v.number(), last: v.number() },
  handler: async (ctx, { conversation, first, last }) => {
    for (let number = first; number <= last; number++) await ctx.db.insert("messages", { conversation, number });
  },
});

/** Takes one message away. */
export const remove = mutation({
  args: { conversation: v.string(), number: v.number() },
  handler: async (ctx, { conversation, number }) => {
    const message = await ctx.db
      .query("messages")
      .withIndex("by_conversation", (q) => q.eq("conversation", conversation).eq("number", number))
      .unique();
    await ctx.db.delete(message!._id);
  },
});

/** Turns the order of a conversation around: cursors of before fit no more. */
export const turn = mutation({
  args: { conversation: v.string() },
  handler: async (ctx, args) => void (await ctx.db.insert("oldestFirst", args)),
});
