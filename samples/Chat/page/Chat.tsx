import { useMutation, useQuery } from "convex/react";
import { useState } from "react";
import { api } from "../convex/_generated/api";
import { Budget } from "./Budget";
import { Composer } from "./Composer";
import { Connection } from "./Connection";
import { Messages } from "./Messages";
import { Threads } from "./Threads";
import { showAtOnce } from "./optimism";
import { useReplyOverHttp } from "./useReplyOverHttp";
import { useThreadInAddress } from "./useThreadInAddress";

/** The whole page: threads beside, the conversation in the middle, the composer below it. */
export function Chat() {
  const [threadId, openThread] = useThreadInAddress();
  const [threadsShown, setThreadsShown] = useState(false);
  const threads = useQuery(api.threads.list);
  const settings = useQuery(api.settings.page);
  const send = useMutation(api.messages.send).withOptimisticUpdate(showAtOnce);
  const [sayOverHttp, heard] = useReplyOverHttp(settings?.site);
  const [overHttp, setOverHttp] = useState(false);
  const thread = threads?.find(({ _id }) => _id === threadId);

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
          <div className="about">
            <h1>{thread?.title ?? "New chat"}</h1>
            {thread?.summary && <p className="summary" title={thread.summary}>{thread.summary}</p>}
          </div>
          <Connection />
        </header>
        {settings?.isStandIn && (
          <p className="note">
            Replies come from a <strong>stand-in</strong>, not from a language model. Start the sample with <code>OPENAI_API_KEY</code> in the environment for a real one.
          </p>
        )}
        {threadId === undefined ? <Welcome /> : <Messages key={`messages of ${threadId}`} threadId={threadId} />}
        <Composer
          key={`composer of ${threadId ?? "a new thread"}`}
          onSend={async (text) => {
            const sent = overHttp ? await sayOverHttp(text, threadId) : await send({ threadId, text });
            if (threadId === undefined) open(sent);
          }}
        >
          <label className="way">
            <input type="checkbox" checked={overHttp} onChange={(event) => setOverHttp(event.target.checked)} />
            Hear replies over HTTP too
          </label>
          {heard !== undefined && <p className="heard" role="status">Heard over HTTP: {heard} characters</p>}
          <Budget />
        </Composer>
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
