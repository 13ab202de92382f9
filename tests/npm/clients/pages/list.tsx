// A list that a person writes into: live, with changes that show before the server has answered.

import { ConvexProvider, ConvexReactClient, useAction, useConvexConnectionState, useMutation, useQuery } from "convex/react";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { useShown } from "./shown";

const { url, list } = window.settings;

/** Shows a text at once, as if the server had already written it. */
const atOnce = (store: any, { list, text }: { list: string; text: string }) => {
  const texts = store.getQuery(api.items.list, { list });
  if (texts !== undefined) store.setQuery(api.items.list, { list }, [...texts, text]);
};

function List() {
  const [follows, setFollows] = useState(window.settings.follows !== "no");
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  const texts = useQuery(api.items.list, follows ? { list } : "skip");
  const add = useMutation(api.items.add).withOptimisticUpdate(atOnce);
  const refuse = useMutation(api.items.refuse).withOptimisticUpdate(atOnce as any);
  const shout = useAction(api.items.shout);
  const { isWebSocketConnected } = useConvexConnectionState();
  useShown({ texts: texts ?? null, said, connected: isWebSocketConnected });

  const say = (call: (args: { list: string; text: string }) => Promise<unknown>) => async () => {
    setSaid("waiting");
    try {
      setSaid(`answered ${await call({ list, text })}`);
    } catch (error) {
      setSaid(error instanceof ConvexError ? `refused ${(error as ConvexError<any>).data.code}` : `failed ${(error as Error).message}`);
    }
  };

  return (
    <main>
      <ul>{texts?.map((text: string, at: number) => <li key={at}>{text}</li>)}</ul>
      <input aria-label="Text" value={text} onChange={(event) => setText(event.target.value)} />
      <button onClick={say(add)}>Add</button>
      <button onClick={say(refuse)}>Refuse</button>
      <button onClick={say(shout)}>Shout</button>
      <button onClick={() => setFollows(!follows)}>Follow</button>
      <output>{said}</output>
    </main>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ConvexProvider client={new ConvexReactClient(url)}>
      <List />
    </ConvexProvider>
  </StrictMode>,
);
