import { useMutation, useQuery } from "convex/react";
import { useState } from "react";
import { api } from "../convex/_generated/api";
import { Composer } from "./Composer";
import { Connection } from "./Connection";
import { Messages } from "./Messages";
import { Threads } from "./Threads";
import { showAtOnce } from "./optimism";
import { useThreadInAddress } from "./useThreadInAddress";

/** The whole page: threads beside, the conversation in the middle, the composer below it. */
export function Chat() {
  const [threadId, openThread] = useThreadInAddress();
  const [threadsShown, setThreadsShown] = useState(false);
  const threads = useQuery(api.threads.list);
  const model = useQuery(api.settings.model);
  const send = useMutation(api.messages.send).withOptimisticUpdate(showAtOnce);

  const open = (id: typeof threadId) => {
    openThread(id);
    setThreadsShown(false);
  };

  return (
    <div className="chat" data-threads-shown={threadsShown}>
      <Threads threads={threads} current={threadId} onOpen={open} onClose={() => setThreadsShown(false)} />
      <main className="conversation">
        <header className="bar">
          <button className="quiet menu" aria-label="Threads" aria-expanded={threadsShown} onClick={() => setThreadsShown(true)}>
            <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h16M4 12h16M4 17h10" /></svg>
          </button>
          <h1>{threads?.find((thread) => thread._id === threadId)?.title ?? "New chat"}</h1>
          <Connection />
        </header>
        {model?.isStandIn && (
          <p className="note">
            Replies come from a <strong>stand-in</strong>, not from a language model. Start the sample with <code>OPENAI_API_KEY</code> in the environment for a real one.
          </p>
        )}
        {threadId === undefined ? <Welcome /> : <Messages key={threadId} threadId={threadId} />}
        <Composer
          key={threadId ?? "new"}
          onSend={async (text) => {
            const sent = await send({ threadId, text });
            if (threadId === undefined) open(sent);
          }}
        />
      </main>
    </div>
  );
}

function Welcome() {
  return (
    <section className="welcome">
      <img src="/lens.svg" alt="" width="56" height="56" />
      <h2>Write a message, and watch the reply grow.</h2>
      <p>Open this page in a second window: both see every word as it is written.</p>
    </section>
  );
}
