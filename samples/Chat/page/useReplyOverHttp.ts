import { ConvexError } from "convex/values";
import { useCallback, useState } from "react";
import type { Id } from "../convex/_generated/dataModel";
import { fetchToken, useGuest } from "./useGuest";

/** Says something by the streaming HTTP action, and counts what it hears of the reply. Undefined while nothing is being heard. */
export function useReplyOverHttp(site: string | undefined) {
  const [guest] = useGuest();
  const [heard, setHeard] = useState<number>();

  const say = useCallback(
    async (text: string, threadId: Id<"threads"> | undefined): Promise<Id<"threads">> => {
      const response = await fetch(`${site}/reply`, {
        method: "POST",
        headers: { Authorization: `Bearer ${await fetchToken(guest)}`, "Content-Type": "application/json" },
        body: JSON.stringify({ threadId, text }),
      });
      if (!response.ok || response.body === null) throw new ConvexError(await response.text());
      void hear(response.body, setHeard);
      return response.headers.get("Thread") as Id<"threads">;
    },
    [site, guest],
  );

  return [say, heard] as const;
}

async function hear(body: ReadableStream<Uint8Array>, tell: (heard: number | undefined) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let heard = 0;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) tell((heard += piece.value.length));
  } catch {
    // It broke off; the message itself says so.
  }

  tell(undefined);
}
