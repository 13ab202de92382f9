// Functions that no client may call, nor learn of.

import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalAction, internalMutation, internalQuery } from "./_generated/server";

export const secret = internalQuery({ args: { word: v.optional(v.string()) }, handler: async () => "hidden" });
export const write = internalMutation({ args: {}, handler: async (ctx) => void (await ctx.db.insert("items", { list: "hidden", text: "written" })) });
export const act = internalAction({ args: {}, handler: async () => "acted" });
export default internalQuery({ args: {}, handler: async () => "hidden by default" });

/** The door that the app itself opens. */
export const door = action({ args: {}, handler: async (ctx): Promise<string> => await ctx.runQuery(internal.hidden.secret, {}) });
