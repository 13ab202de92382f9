import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { migrationsTable } from "convex-helpers/server/migrations";
import { rateLimitTables } from "convex-helpers/server/rateLimit";

export default defineSchema({
  ...rateLimitTables,
  migrations: migrationsTable,
  users: defineTable({ name: v.string(), count: v.optional(v.number()), migrated: v.optional(v.boolean()) }).index("by_name", ["name"]),
  notes: defineTable({ owner: v.id("users"), text: v.string(), rank: v.number() }).index("owner", ["owner"]).index("by_rank", ["rank"]).index("by_owner_rank", ["owner", "rank"]),
  tags: defineTable({ name: v.string() }).index("name", ["name"]),
  noteTags: defineTable({ note: v.id("notes"), tag: v.id("tags") }).index("note", ["note"]).index("tag", ["tag"]),
  tries: defineTable({ n: v.number() }),
});
