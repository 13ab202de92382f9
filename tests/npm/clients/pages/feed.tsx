// A conversation, newest first, a few messages at a time.

import { ConvexProvider, ConvexReactClient, usePaginatedQuery } from "convex/react";
import { anyApi as api } from "convex/server";
import { useState } from "react";
import { createRoot } from "react-dom/client";
import { useShown } from "./shown";

const FEW = 5;

function Feed() {
  const [conversation, setConversation] = useState(window.settings.conversation);
  const { results, status, isLoading, loadMore } = usePaginatedQuery(api.feed.list, { conversation }, { initialNumItems: FEW });
  const numbers = results.map(({ number }) => number);
  useShown({ conversation, numbers, status, isLoading });
  return (
    <main>
      <h1>{conversation}</h1>
      <ol>
        {numbers.map((number) => (
          <li key={number}>Message {number}</li>
        ))}
      </ol>
      <button onClick={() => loadMore(FEW)}>More</button>
      <button onClick={() => setConversation(`${conversation} again`)}>Other</button>
    </main>
  );
}

createRoot(document.getElementById("root")!).render(
  <ConvexProvider client={new ConvexReactClient(window.settings.url)}>
    <Feed />
  </ConvexProvider>,
);
