import { v } from "convex/values";
import { internalMutation, internalQuery, query } from "./_generated/server";

/** How much of a thread a summary looks at. Messages. */
const LOOKED_AT = 20;
const LONGEST_SUMMARY = 200;

/** The newest threads, the one that was last spoken in first. */
export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("threads").withIndex("by_last_message").order("desc").take(100),
});

/** What was said lately, for the model that sums it up. */
export const said = internalQuery({
  args: { threadId: v.id("threads") },
  handler: async (ctx, { threadId }) => {
    const newest = await ctx.db
      .query("messages")
      .withIndex("by_thread", (q) => q.eq("threadId", threadId))
      .order("desc")
      .take(LOOKED_AT);
    return newest.reverse().map(({ role, text }) => `${role}: ${text}`).join("\n");
  },
});

/** The model has said what a thread is about. */
export const updateSummary = internalMutation({
  args: { threadId: v.id("threads"), summary: v.string() },
  handler: async (ctx, { threadId, summary }) => {
    await ctx.db.patch(threadId, { summary: summary.slice(0, LONGEST_SUMMARY) });
  },
});
