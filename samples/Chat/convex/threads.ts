import { query } from "./_generated/server";

/** The newest threads, the one that was last spoken in first. */
export const list = query({
  args: {},
  handler: async (ctx) => await ctx.db.query("threads").withIndex("by_last_message").order("desc").take(100),
});
