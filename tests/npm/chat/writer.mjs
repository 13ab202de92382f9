// Says one numbered thing after another, and tells when the server has acknowledged each: the SIGKILL test counts them afterwards.
//
//   node writer.mjs <address of the deployment>
//
// A line on standard input begins a round in a thread of its own; a round ends by itself after its last message.

import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { signIn } from "./guest.mjs";
import { heard, tell } from "../report.mjs";

/** Messages in one round: what the page's query shows of a thread must hold them and their replies. */
const MOST = 50;

const [address] = process.argv.slice(2);
const client = new ConvexClient(address);
await signIn(client, address, "Writer");
let connected;
client.subscribeToConnectionState(({ isWebSocketConnected }) => {
  if (connected !== isWebSocketConnected) tell("connection", { connected: (connected = isWebSocketConnected) });
});

/** Resolves with the first value of a live query that is wanted, and stops watching it. */
function first(query, args, isWanted) {
  return new Promise((resolve) => {
    const stop = client.onUpdate(query, args, (value) => {
      if (!isWanted(value)) return;
      // Not before onUpdate has returned.
      queueMicrotask(() => stop());
      resolve(value);
    });
  });
}

tell("ready");
for await (const line of heard) {
  const { round } = JSON.parse(line);
  // The reply to this one is long, and is what the kill interrupts: its job must be under way.
  const threadId = await client.mutation(api.messages.send, { text: `Round ${round}: tell me at length.` });
  const [, reply] = await first(api.messages.list, { threadId }, (messages) => messages.length === 2);
  await first(api.replies.passage, { messageId: reply._id, number: 0 }, (passage) => passage !== null);
  tell("began", { round, thread: threadId });
  // The model refuses these at once, so that their replies cost nothing.
  for (let number = 0; number < MOST; number++) {
    const text = `refuse ${round}/${number}`;
    await client.mutation(api.messages.send, { threadId, text });
    tell("acknowledged", { round, text });
  }

  await first(api.messages.list, { threadId }, (messages) => messages.slice(2).every(({ status }) => status !== "streaming"));
  tell("ended", { round });
}

await client.close();
process.exit(0);
