"use node";
import { createHash } from "node:crypto";
import { actionGeneric as action } from "convex/server";
import { v } from "convex/values";

export const hash = action({ args: { text: v.string() }, handler: async (_, { text }) => createHash("sha256").update(text).digest("hex") });
