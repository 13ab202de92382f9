import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  threads: defineTable({
    title: v.string(),
    /** What it is about so far, in the model's words. */
    summary: v.optional(v.string()),
    /** When something was last said in it: the newest thread stands first. */
    lastMessageAt: v.number(),
  }).index("by_last_message", ["lastMessageAt"]),

  messages: defineTable({
    threadId: v.id("threads"),
    role: v.union(v.literal("user"), v.literal("assistant")),
    /** Who said it, when it was a person. */
    author: v.optional(v.object({ id: v.string(), name: v.string() })),
    /** What was said; of a reply that is being written or broke off, see its passages. */
    text: v.string(),
    status: v.union(v.literal("streaming"), v.literal("done"), v.literal("failed")),
    /** Why it failed, for a person. */
    reason: v.optional(v.string()),
    /** The job that writes the reply; none where an HTTP action does. */
    jobId: v.optional(v.id("_scheduled_functions")),
  }).index("by_thread", ["threadId"]),

  /** A reply grows in passages: only the last one changes, so what a viewer is sent stays near the size of the text. */
  passages: defineTable({
    messageId: v.id("messages"),
    number: v.number(),
    text: v.string(),
  }).index("by_message", ["messageId", "number"]),

  /** When a guest asked for a reply: for the rate limit. */
  asked: defineTable({ guestId: v.string(), at: v.number() }).index("by_guest_and_time", ["guestId", "at"]),
});
