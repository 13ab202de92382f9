import { httpRouter } from "convex/server";
import { ConvexError } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { httpAction } from "./_generated/server";
import { writeReply } from "./writing";

// The page is of another origin than HTTP actions, and browsers ask first. Who may come in is decided by the token, so any page may ask.
const CORS = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Authorization, Content-Type", "Access-Control-Expose-Headers": "Thread" };

const http = httpRouter();

http.route({ path: "/reply", method: "OPTIONS", handler: httpAction(async () => new Response(null, { status: 204, headers: CORS })) });

/**
 * Says something and streams the reply back, while the same words are written down for everybody else.
 * For clients that want an answer to their request: a script, a bot, another server. A page has no need of it: its live queries show the reply anyway.
 */
http.route({
  path: "/reply",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const { threadId, text } = (await request.json()) as { threadId?: Id<"threads">; text: string };
    let said;
    try {
      said = await ctx.runMutation(internal.messages.sayOverHttp, { threadId, text });
    } catch (error) {
      if (error instanceof ConvexError) return new Response(String(error.data), { status: 400, headers: CORS });
      throw error;
    }

    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    // Not awaited: the answer begins now, and goes on for as long as the reply is written. A reader who leaves does not end it.
    void writeReply(ctx, said.messageId, (piece) => void writer.write(encoder.encode(piece)).catch(() => undefined)).finally(() => writer.close().catch(() => undefined));
    return new Response(readable, { headers: { ...CORS, "Content-Type": "text/plain; charset=utf-8", Thread: said.threadId } });
  }),
});

export default http;
