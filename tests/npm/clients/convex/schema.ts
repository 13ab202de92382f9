import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  items: defineTable({ list: v.string(), text: v.string() }),
  lines: defineTable({ room: v.string(), text: v.string(), who: v.string() }).index("by_room", ["room"]),
  messages: defineTable({ conversation: v.string(), number: v.number() }).index("by_conversation", ["conversation", "number"]),
  oldestFirst: defineTable({ conversation: v.string() }).index("by_conversation", ["conversation"]),
});
