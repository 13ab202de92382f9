"use node";

import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction } from "./_generated/server";
import { MODEL, openai, writeReply } from "./writing";

/** Writes a reply. Whoever watches the message sees it grow. */
export const reply = internalAction({
  args: { messageId: v.id("messages") },
  handler: async (ctx, { messageId }) => await writeReply(ctx, messageId),
});

/** Says anew what a thread is about. A model that fails leaves the summary as it was. */
export const summarize = internalAction({
  args: { threadId: v.id("threads") },
  handler: async (ctx, { threadId }) => {
    const said = await ctx.runQuery(internal.threads.said, { threadId });
    const completion = await openai.chat.completions.create({
      model: MODEL,
      messages: [{ role: "system", content: "Summarize this conversation in one short sentence." }, { role: "user", content: said }],
    });
    const summary = completion.choices[0]?.message.content;
    if (summary) await ctx.runMutation(internal.threads.updateSummary, { threadId, summary });
  },
});
