import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, mutation, query, type MutationCtx, type QueryCtx } from "./_generated/server";
import { requireGuest } from "./guests";
import { take } from "./limits";
import { begin } from "./replies";

const LONGEST_MESSAGE = 8_000;
const LONGEST_TITLE = 60;

/** A reply over HTTP that is not complete after so long never will be. Milliseconds. */
const LONGEST_REPLY = 10 * 60_000;

/** The newest messages of a thread, in the order in which they were said. */
export const list = query({
  args: { threadId: v.id("threads") },
  handler: async (ctx, { threadId }) => {
    const newest = await ctx.db
      .query("messages")
      .withIndex("by_thread", (q) => q.eq("threadId", threadId))
      .order("desc")
      .take(200);
    return await Promise.all(newest.reverse().map((message) => asItStands(ctx, message)));
  },
});

/** Says something, in a new thread if none is named, and has a reply written in the background: everybody watches it grow. */
export const send = mutation({
  args: { threadId: v.optional(v.id("threads")), text: v.string() },
  handler: async (ctx, args) => {
    const { threadId, messageId } = await say(ctx, args);
    await begin(ctx, messageId);
    return threadId;
  },
});

/** The same for the HTTP action, which writes the reply itself. */
export const sayOverHttp = internalMutation({
  args: { threadId: v.optional(v.id("threads")), text: v.string() },
  handler: async (ctx, args) => {
    const said = await say(ctx, args);
    // No job writes this reply, so none would tell if the server died: somebody has to look.
    await ctx.scheduler.runAfter(LONGEST_REPLY, internal.replies.giveUp, { messageId: said.messageId });
    return said;
  },
});

/** Writes down what a guest said, and an empty reply below it. */
async function say(ctx: MutationCtx, args: { threadId?: Id<"threads">; text: string }): Promise<{ threadId: Id<"threads">; messageId: Id<"messages"> }> {
  const author = await requireGuest(ctx);
  const text = args.text.trim();
  if (text === "") throw new ConvexError("There is nothing in this message.");
  if (text.length > LONGEST_MESSAGE) throw new ConvexError(`A message has at most ${LONGEST_MESSAGE} characters; this one has ${text.length}.`);
  await take(ctx, author);

  const now = Date.now();
  const threadId = args.threadId ?? (await ctx.db.insert("threads", { title: titleOf(text), lastMessageAt: now }));
  const thread = await ctx.db.get(threadId);
  if (thread === null) throw new ConvexError("This thread is gone.");

  await ctx.db.patch(threadId, { lastMessageAt: now });
  await ctx.db.insert("messages", { threadId, role: "user", author, text, status: "done" });
  return { threadId, messageId: await ctx.db.insert("messages", { threadId, role: "assistant", text: "", status: "streaming" }) };
}

/**
 * A reply is marked by the job that writes it. A server that dies takes the job with it, and nobody is left to mark the reply:
 * the job's own state tells, and this query hears of it like of any other change.
 */
async function asItStands(ctx: QueryCtx, message: Doc<"messages">): Promise<Doc<"messages">> {
  if (message.status !== "streaming" || message.jobId === undefined) return message;
  const job = await ctx.db.system.get(message.jobId);
  const atWork = job?.state.kind === "pending" || job?.state.kind === "inProgress";
  return atWork ? message : { ...message, status: "failed", reason: "The server stopped while this reply was being written." };
}

function titleOf(text: string): string {
  const line = text.split("\n", 1)[0] ?? text;
  return line.length <= LONGEST_TITLE ? line : `${line.slice(0, LONGEST_TITLE - 1).trimEnd()}…`;
}
