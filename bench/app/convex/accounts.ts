import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

/** Opens accounts with the numbers from `from` on. */
export const open = mutation({
  args: { from: v.number(), count: v.number(), balance: v.number() },
  returns: v.null(),
  handler: async (ctx, { from, count, balance }) => {
    for (let owner = from; owner < from + count; owner++) await ctx.db.insert("accounts", { owner, balance });
    return null;
  },
});

/** Two indexed reads and two patches. */
export const transfer = mutation({
  args: { from: v.number(), to: v.number(), amount: v.number() },
  returns: v.null(),
  handler: async (ctx, { from, to, amount }) => {
    const source = await ctx.db.query("accounts").withIndex("by_owner", (q) => q.eq("owner", from)).first();
    const target = await ctx.db.query("accounts").withIndex("by_owner", (q) => q.eq("owner", to)).first();
    if (source === null || target === null) throw new Error("No such account");
    if (source._id === target._id) return null;
    await ctx.db.patch(source._id, { balance: source.balance - amount });
    await ctx.db.patch(target._id, { balance: target.balance + amount });
    return null;
  },
});

/** What the accounts from `from` on hold together. */
export const held = query({
  args: { from: v.number(), count: v.number() },
  returns: v.number(),
  handler: async (ctx, { from, count }) => {
    const accounts = await ctx.db.query("accounts").withIndex("by_owner", (q) => q.gte("owner", from).lt("owner", from + count)).collect();
    return accounts.reduce((sum, { balance }) => sum + balance, 0);
  },
});

/** A query that reads a thousand documents. */
export const list = query({
  args: { from: v.number(), count: v.number() },
  handler: (ctx, { from, count }) =>
    ctx.db.query("accounts").withIndex("by_owner", (q) => q.gte("owner", from).lt("owner", from + count)).collect(),
});

/** Changes one account. */
export const deposit = mutation({
  args: { owner: v.number(), amount: v.number() },
  returns: v.null(),
  handler: async (ctx, { owner, amount }) => {
    const account = await ctx.db.query("accounts").withIndex("by_owner", (q) => q.eq("owner", owner)).first();
    if (account !== null) await ctx.db.patch(account._id, { balance: account.balance + amount });
    return null;
  },
});
