// Lists of texts, for whatever a client can do with a list.

import { ConvexError, v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const list = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) => (await ctx.db.query("items").collect()).filter((item) => item.list === list).map((item) => item.text),
});

export const add = mutation({
  args: { list: v.string(), text: v.string() },
  handler: async (ctx, args) => await ctx.db.insert("items", args),
});

export const clear = mutation({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    for (const item of await ctx.db.query("items").collect()) if (item.list === list) await ctx.db.delete(item._id);
  },
});

export const refuse = mutation({
  args: { list: v.string(), text: v.optional(v.string()) },
  handler: async (ctx, { list }) => {
    await ctx.db.insert("items", { list, text: "never" });
    throw new ConvexError({ code: "REFUSED", list });
  },
});

export const shout = action({
  args: { list: v.string(), text: v.string() },
  handler: async (ctx, { list, text }) => {
    await ctx.runMutation(api.items.add, { list, text: text.toUpperCase() });
    return 42n;
  },
});

export const whoami = query({ args: {}, handler: async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null });

/** A list that cannot be read while there is poison in it. */
export const fragile = query({
  args: { list: v.string() },
  handler: async (ctx, { list }) => {
    const items = (await ctx.db.query("items").collect()).filter((item) => item.list === list);
    if (items.some(({ text }) => text === "poison")) throw new ConvexError({ code: "POISONED", list });
    return items.map(({ text }) => text);
  },
});

/** What comes over the wire goes back over it. */
export const echo = query({ args: { value: v.any() }, handler: async (_, { value }) => value });

/** Fails with whatever it is told. */
export const complain = query({
  args: { about: v.any() },
  handler: async (_, { about }) => {
    if (typeof about === "string") throw new TypeError(about);
    throw new ConvexError(about);
  },
});
