// An app that is made with `convex-ents`: edges, unique fields, defaults, soft and cascading deletion.
import { mutation, query } from "./functions";
export const fill = mutation({ args: {}, handler: async (ctx: any) => {
  const a = await ctx.table("users").insert({ name: "ada", email: "a@x" });
  const b = await ctx.table("users").insert({ name: "bob", email: "b@x", followers: [a] });
  await ctx.table("profiles").insert({ bio: "hi", userId: a });
  const tag = await ctx.table("tags").insert({ name: "t" });
  for (let i = 0; i < 5; i++) await ctx.table("messages").insert({ text: `m${i}`, userId: i % 2 ? b : a, tags: [tag] });
  let taken = ""; try { await ctx.table("users").insert({ name: "x", email: "a@x" }); } catch (e: any) { taken = e.message; }
  await ctx.table("messages").getX((await ctx.table("messages").firstX())._id).delete();
  return [taken, await ctx.table("users").getX("email", "b@x").edge("followers").map((u: any) => u.name)];
} });
export const look = query({ args: {}, handler: async (ctx: any) => [
  await ctx.table("users").map(async (user: any) => [user.name, (await user.edge("messages")).length, (await user.edge("profile"))?.bio ?? null]),
  await ctx.table("tags").map(async (tag: any) => [tag.kind, (await tag.edge("messages")).map((m: any) => [m.text, m.deletionTime === undefined])]),
] });
export const remove = mutation({ args: {}, handler: async (ctx: any) => { await ctx.table("users").getX("email", "b@x").delete(); return (await ctx.table("users")).length; } });
