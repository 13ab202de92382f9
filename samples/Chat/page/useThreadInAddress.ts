import { useCallback, useSyncExternalStore } from "react";
import type { Id } from "../convex/_generated/dataModel";

/** The thread that the address names (`#<thread>`), so that it can be kept, shared and gone back to. */
export function useThreadInAddress(): [Id<"threads"> | undefined, (thread: Id<"threads"> | undefined) => void] {
  const named = useSyncExternalStore(listen, () => window.location.hash.slice(1));
  const open = useCallback((thread: Id<"threads"> | undefined) => {
    window.location.hash = thread ?? "";
  }, []);
  return [named === "" ? undefined : (named as Id<"threads">), open];
}

function listen(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}
