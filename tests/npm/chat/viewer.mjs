// The chat through the official client in Node: says something, and tells every state of the reply that its live queries bring.
//
//   node viewer.mjs <address of the deployment> <message>

import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { signIn } from "./guest.mjs";
import { tell } from "../report.mjs";

const [address, text] = process.argv.slice(2);
const client = new ConvexClient(address);
await signIn(client, address, "Viewer");
const threadId = await client.mutation(api.messages.send, { text });
tell("sent", { thread: threadId });

let watched;
client.onUpdate(api.messages.list, { threadId }, (messages) => {
  const reply = messages.at(-1);
  if (watched === undefined) {
    watched = reply._id;
    client.onUpdate(api.replies.passage, { messageId: watched, number: 0 }, (passage) => passage && tell("passage", { text: passage.text }));
  }

  tell("reply", { status: reply.status, text: reply.text, reason: reply.reason ?? null });
});
