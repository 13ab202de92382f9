import { actionGeneric as action, anyApi as api, internalMutationGeneric as internalMutation, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";
import { version } from "./version";

const find = (ctx: any, name: string) => ctx.db.query("counters").withIndex("by_name", (q: any) => q.eq("name", name)).unique();

async function increase(ctx: any, name: string, n: number): Promise<number> {
  const counter = await find(ctx, name);
  if (counter === null) await ctx.db.insert("counters", { name, value: n });
  else await ctx.db.patch(counter._id, { value: counter.value + n });
  return (counter?.value ?? 0) + n;
}

/** Read and write: a lost or doubled run shows in the sum. */
export const add = mutation({ args: { name: v.string(), n: v.number() }, handler: (ctx, { name, n }) => increase(ctx, name, n) });

export const total = query({ args: { name: v.string() }, handler: async (ctx, { name }) => (await find(ctx, name))?.value ?? 0 });

export const deployed = query({ args: {}, handler: async () => version });

/** A job that must run exactly once. */
export const schedule = mutation({
  args: { token: v.string(), delay: v.number() },
  handler: async (ctx, { token, delay }) => {
    await ctx.scheduler.runAfter(delay, api.soak.finish as any, { token });
  },
});

export const finish = internalMutation({
  args: { token: v.string() },
  handler: async (ctx, { token }) => {
    const before = await ctx.db.query("done").withIndex("by_token", (q) => q.eq("token", token)).first();
    if (before !== null) throw new Error(`${token} ran twice`);
    await ctx.db.insert("done", { token });
    await increase(ctx, "done", 1);
  },
});

/** Never lets go of its worker. */
export const hold = action({
  args: {},
  handler: async (ctx): Promise<number> => {
    await ctx.runMutation(api.soak.add as any, { name: "held", n: 1 });
    for (;;);
  },
});

/** Calls back, waits, and makes some garbage. */
export const act = action({
  args: { n: v.number() },
  handler: async (ctx, { n }): Promise<number> => {
    await ctx.runQuery(api.soak.total as any, { name: "done" });
    await new Promise((resolve) => setTimeout(resolve, n % 20));
    const bytes = crypto.getRandomValues(new Uint8Array(20_000));
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).length + n;
  },
});
