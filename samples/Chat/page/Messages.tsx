import { useMutation, useQuery } from "convex/react";
import { api } from "../convex/_generated/api";
import type { Doc, Id } from "../convex/_generated/dataModel";
import { useStickToEnd } from "./useStickToEnd";

/** A conversation. It stays at its end while it grows, unless its reader has scrolled up. */
export function Messages({ threadId }: { threadId: Id<"threads"> }) {
  const messages = useQuery(api.messages.list, { threadId });
  const me = useQuery(api.guests.me);
  const own = messages?.findLast((message) => message.role === "user" && message.author?.id === me?.id);
  const [scroller, content] = useStickToEnd(own?._id);
  return (
    <section className="messages" ref={scroller} tabIndex={-1}>
      <ol ref={content} aria-label="Conversation" aria-busy={messages === undefined}>
        {messages?.map((message) => (
          <li key={message._id}>{message.role === "user" ? <Said message={message} mine={message.author?.id === me?.id} /> : <Reply message={message} />}</li>
        ))}
      </ol>
    </section>
  );
}

/** What a person said. Whose it is stands above it when it is somebody else's. */
function Said({ message, mine }: { message: Doc<"messages">; mine: boolean }) {
  return (
    <div className="said" data-mine={mine}>
      {!mine && <span className="author">{message.author?.name}</span>}
      <p>{message.text}</p>
    </div>
  );
}

function Reply({ message }: { message: Doc<"messages"> }) {
  const retry = useMutation(api.replies.retry);
  return (
    <article className="reply" data-status={message.status} aria-busy={message.status === "streaming"}>
      <p>{message.status === "done" ? message.text : <Passage messageId={message._id} number={0} />}</p>
      {message.status === "failed" && (
        <div className="failure" role="alert">
          <span>{message.reason}</span>
          <button onClick={() => void retry({ messageId: message._id })}>Try again</button>
        </div>
      )}
    </article>
  );
}

/** A reply grows in passages. A full one does not change any more, and is followed by the next. */
function Passage({ messageId, number }: { messageId: Id<"messages">; number: number }) {
  const passage = useQuery(api.replies.passage, { messageId, number });
  return (
    <>
      {passage?.text}
      {passage?.full && <Passage messageId={messageId} number={number + 1} />}
    </>
  );
}
