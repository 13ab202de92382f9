import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({ author: v.string(), body: v.string(), n: v.number() }).index("by_author", ["author", "n"]),
  accounts: defineTable({ owner: v.number(), balance: v.number() }).index("by_owner", ["owner"]),
});
