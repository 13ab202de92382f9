import { ConvexError } from "convex/values";
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";

interface ComposerProps {
  onSend: (text: string) => Promise<void>;
  /** What stands below the field. */
  children: ReactNode;
}

/** Where a message is written. Enter sends it, Shift+Enter begins a line. */
export function Composer({ onSend, children }: ComposerProps) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus({ preventScroll: true }), []);

  const send = async () => {
    if (text.trim() === "") return;
    setText("");
    setProblem(undefined);
    try {
      await onSend(text);
    } catch (error) {
      // What was written comes back, unless something new stands there already.
      setText((now) => (now === "" ? text : now));
      setProblem(error instanceof ConvexError ? String(error.data) : "The message could not be sent.");
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void send();
    field.current?.focus();
  };

  return (
    <form className="composer" onSubmit={onSubmit}>
      {problem && <p className="failure" role="alert">{problem}</p>}
      <div className="field">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder="Message"
          aria-label="Message"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button className="send" aria-label="Send" disabled={text.trim() === ""}>
          <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 19V5M6 11l6-6 6 6" /></svg>
        </button>
      </div>
      <div className="below">{children}</div>
    </form>
  );
}
