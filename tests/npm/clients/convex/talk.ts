// Somebody says something, and is answered by a scheduled function.

import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation, query } from "./_generated/server";

export const lines = query({
  args: { room: v.string() },
  handler: async (ctx, { room }) =>
    await ctx.db
      .query("lines")
      .withIndex("by_room", (q) => q.eq("room", room))
      .collect(),
});

export const say = mutation({
  args: { room: v.string(), text: v.string() },
  handler: async (ctx, { room, text }) => {
    await ctx.db.insert("lines", { room, text, who: "me" });
    await ctx.scheduler.runAfter(0, internal.talk.answer, { room, text });
  },
});

export const answer = internalMutation({
  args: { room: v.string(), text: v.string() },
  handler: async (ctx, { room, text }) => void (await ctx.db.insert("lines", { room, text: `You said: ${text}`, who: "server" })),
});
