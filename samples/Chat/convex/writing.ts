import OpenAI from "openai";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { ActionCtx } from "./_generated/server";
import { Pen } from "./pen";

export const MODEL = process.env.OPENAI_MODEL ?? "gpt-4o-mini";

/** A model that says nothing for so long has hung. Seconds. */
const PATIENCE = Number(process.env.MODEL_PATIENCE_SECONDS ?? 30);

// The key is read while the modules are analysed too: it must be set before the push.
export const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY, baseURL: process.env.OPENAI_BASE_URL, maxRetries: 0 });

/**
 * Asks the model for a reply and writes it down while it comes. However that ends, the message is marked.
 * @param hear Hears each piece of the reply as it comes.
 */
export async function writeReply(ctx: ActionCtx, messageId: Id<"messages">, hear: (text: string) => void = () => {}): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), PATIENCE * 1_000);
  const pen = new Pen((text) => ctx.runMutation(internal.replies.append, { messageId, text }));
  try {
    const messages = await ctx.runQuery(internal.replies.conversation, { messageId });
    const parts = await openai.chat.completions.create({ model: MODEL, messages, stream: true }, { signal: silence.signal });
    let complete = false;
    for await (const { choices: [choice] } of parts) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), PATIENCE * 1_000);
      const text = choice?.delta.content ?? "";
      hear(text);
      pen.write(text);
      complete ||= choice?.finish_reason != null;
    }

    await pen.lift();
    // A stream that was cut ends without an error, but also without a reason to end.
    if (!complete) throw new Error("The model broke off in the middle of its reply.");
    await ctx.runMutation(internal.replies.finish, { messageId });
  } catch (error) {
    await pen.lift().catch(() => undefined);
    const reason = silence.signal.aborted ? `The model said nothing for ${PATIENCE} seconds.` : reasonOf(error);
    await ctx.runMutation(internal.replies.fail, { messageId, reason });
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof OpenAI.APIConnectionError) return "The model could not be reached.";
  if (error instanceof OpenAI.APIError) return `The model refused: ${error.message}`;
  // What a stream that was cut says about itself helps nobody.
  if (error instanceof TypeError) return "The model broke off in the middle of its reply.";
  return error instanceof Error ? error.message : String(error);
}
