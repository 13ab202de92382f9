import type { OptimisticLocalStore } from "convex/browser";
import { api } from "../convex/_generated/api";
import type { Id } from "../convex/_generated/dataModel";

/** Shows a message that was just written before the server has confirmed it; while the connection is down, that is what one sees of it. */
export function showAtOnce(store: OptimisticLocalStore, { threadId, text }: { threadId?: Id<"threads">; text: string }): void {
  if (threadId === undefined) return;
  const messages = store.getQuery(api.messages.list, { threadId });
  if (messages === undefined) return;
  const author = store.getQuery(api.guests.me, {}) ?? undefined;
  const message = { _id: crypto.randomUUID() as Id<"messages">, _creationTime: Date.now(), threadId, role: "user" as const, author, text, status: "done" as const };
  store.setQuery(api.messages.list, { threadId }, [...messages, message]);
}
