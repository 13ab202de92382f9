import { useEffect } from "react";
import type { Doc, Id } from "../convex/_generated/dataModel";
import { WhoAmI } from "./WhoAmI";

interface ThreadsProps {
  threads: Doc<"threads">[] | undefined;
  current: Id<"threads"> | undefined;
  onOpen: (thread: Id<"threads"> | undefined) => void;
  onClose: () => void;
}

/** The list of threads; on a narrow window a drawer that Escape and a click beside it close. */
export function Threads({ threads, current, onOpen, onClose }: ThreadsProps) {
  useEffect(() => {
    const closeOnEscape = (event: KeyboardEvent) => event.key === "Escape" && onClose();
    window.addEventListener("keydown", closeOnEscape);
    return () => window.removeEventListener("keydown", closeOnEscape);
  }, [onClose]);

  return (
    <>
      <nav className="threads" aria-label="Threads">
        <button className="new" onClick={() => onOpen(undefined)} aria-current={current === undefined ? "page" : undefined}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v14M5 12h14" /></svg>
          New chat
        </button>
        <ul>
          {threads?.map(({ _id, title }) => (
            <li key={_id}>
              <button className="thread" aria-current={_id === current ? "page" : undefined} onClick={() => onOpen(_id)}>
                {title}
              </button>
            </li>
          ))}
        </ul>
        <WhoAmI />
        {threads?.length === 0 && <p className="hint">Conversations will stand here, everybody’s.</p>}
      </nav>
      <div className="shade" onClick={onClose} />
    </>
  );
}
