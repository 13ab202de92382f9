import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, mutation, query, type MutationCtx, type QueryCtx } from "./_generated/server";
import { requireGuest } from "./guests";
import { take } from "./limits";

/** A passage that has reached this length is full, and another one begins. Characters. */
const FULL_PASSAGE = 1_000;

/** How much of a thread the model is told. Messages. */
const MEMORY = 40;

/** Has a reply written as soon as this mutation is committed. */
export async function begin(ctx: MutationCtx, messageId: Id<"messages">): Promise<void> {
  const jobId = await ctx.scheduler.runAfter(0, internal.model.reply, { messageId });
  await ctx.db.patch(messageId, { status: "streaming", reason: undefined, text: "", jobId });
}

/** One passage of a reply that is being written or broke off; null where it has not come so far. */
export const passage = query({
  args: { messageId: v.id("messages"), number: v.number() },
  handler: async (ctx, { messageId, number }) => {
    const found = await ctx.db
      .query("passages")
      .withIndex("by_message", (q) => q.eq("messageId", messageId).eq("number", number))
      .unique();
    return found && { text: found.text, full: found.text.length >= FULL_PASSAGE };
  },
});

/** Throws away what there is of a reply that failed, and has it written anew. */
export const retry = mutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const message = await ctx.db.get(messageId);
    if (message === null || message.role !== "assistant") throw new ConvexError("This is not a reply.");
    if (message.status === "done") throw new ConvexError("This reply is complete.");
    if (message.status === "streaming" && message.jobId === undefined) throw new ConvexError("This reply is still being written.");
    const job = message.jobId && (await ctx.db.system.get(message.jobId));
    if (job?.state.kind === "pending" || job?.state.kind === "inProgress") throw new ConvexError("This reply is still being written.");

    await take(ctx, await requireGuest(ctx));
    for (const { _id } of await passagesOf(ctx, messageId)) await ctx.db.delete(_id);
    await begin(ctx, messageId);
  },
});

/** What was said before a reply, as the model is told it. */
export const conversation = internalQuery({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const reply = await ctx.db.get(messageId);
    if (reply === null) return [];
    const before = await ctx.db
      .query("messages")
      .withIndex("by_thread", (q) => q.eq("threadId", reply.threadId).lt("_creationTime", reply._creationTime))
      .order("desc")
      .take(MEMORY);
    return before
      .reverse()
      .filter((message) => message.status === "done")
      .map(({ role, text }) => ({ role, content: text }));
  },
});

/** Writes down what the model said next. */
export const append = internalMutation({
  args: { messageId: v.id("messages"), text: v.string() },
  handler: async (ctx, { messageId, text }) => {
    const last = await ctx.db
      .query("passages")
      .withIndex("by_message", (q) => q.eq("messageId", messageId))
      .order("desc")
      .first();
    if (last !== null && last.text.length < FULL_PASSAGE) await ctx.db.patch(last._id, { text: last.text + text });
    else await ctx.db.insert("passages", { messageId, number: (last?.number ?? -1) + 1, text });
  },
});

/** The reply is complete: its passages become the text of the message, in one step that no viewer sees half of. */
export const finish = internalMutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const passages = await passagesOf(ctx, messageId);
    for (const { _id } of passages) await ctx.db.delete(_id);
    await ctx.db.patch(messageId, { status: "done", text: passages.map(({ text }) => text).join("") });
    const reply = await ctx.db.get(messageId);
    // What the thread is about has changed: the costly part again behind an internal function, once this is committed.
    if (reply !== null) await ctx.scheduler.runAfter(0, internal.model.summarize, { threadId: reply.threadId });
  },
});

/** The reply broke off: what there is of it stays, with the reason. */
export const fail = internalMutation({
  args: { messageId: v.id("messages"), reason: v.string() },
  handler: async (ctx, { messageId, reason }) => {
    await ctx.db.patch(messageId, { status: "failed", reason });
  },
});

/** A reply that should have been complete long ago broke off without a word. */
export const giveUp = internalMutation({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => {
    const message = await ctx.db.get(messageId);
    if (message?.status === "streaming") await ctx.db.patch(messageId, { status: "failed", reason: "This reply broke off." });
  },
});

async function passagesOf(ctx: QueryCtx, messageId: Id<"messages">) {
  return await ctx.db
    .query("passages")
    .withIndex("by_message", (q) => q.eq("messageId", messageId))
    .collect();
}
