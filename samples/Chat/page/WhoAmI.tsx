import { useState, type FormEvent } from "react";
import { useGuest } from "./useGuest";

const LONGEST_NAME = 40;

/** Who one is, as others see it; a click changes it. */
export function WhoAmI() {
  const [guest, rename] = useGuest();
  const [draft, setDraft] = useState<string>();

  const keep = (event: FormEvent) => {
    event.preventDefault();
    if (draft?.trim()) rename(draft.trim());
    setDraft(undefined);
  };

  if (draft === undefined) {
    return (
      <button className="who" aria-label={`You are ${guest.name}. Change your name`} onClick={() => setDraft(guest.name)}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20c.8-3.3 3.5-5 7-5s6.2 1.7 7 5" /></svg>
        <span>{guest.name}</span>
      </button>
    );
  }

  return (
    <form className="who" onSubmit={keep} onBlur={keep} onKeyDown={(event) => event.key === "Escape" && setDraft(undefined)}>
      <input autoFocus aria-label="Your name" value={draft} maxLength={LONGEST_NAME} onChange={(event) => setDraft(event.target.value)} />
    </form>
  );
}
