import { useCallback, useMemo, useSyncExternalStore } from "react";

/** Who somebody is in this browser: the secret makes them one and the same guest, the name is shown to others. */
interface Guest {
  secret: string;
  name: string;
}

const KEY = "fresnel-chat-guest";
const listeners = new Set<() => void>();
let current: Guest | undefined;

/** The guest of this browser profile; a new one at the first visit. */
function read(): Guest {
  if (current !== undefined) return current;
  const kept = localStorage.getItem(KEY);
  current = kept === null ? { secret: crypto.randomUUID(), name: `Guest ${crypto.randomUUID().slice(0, 4)}` } : (JSON.parse(kept) as Guest);
  localStorage.setItem(KEY, JSON.stringify(current));
  return current;
}

function rename(name: string): void {
  current = { ...read(), name };
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const changed of listeners) changed();
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** The guest, and how to give them another name. */
export function useGuest(): [Guest, (name: string) => void] {
  return [useSyncExternalStore(listen, read), rename];
}

/** A token for the guest: the sample's server makes it, and the deployment trusts that server. */
export async function fetchToken(guest: Guest): Promise<string | null> {
  const response = await fetch("/guest", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(guest) });
  return response.ok ? ((await response.json()) as { token: string }).token : null;
}

/** What ConvexProviderWithAuth wants to know. A guest with another name has another token. */
export function useGuestAuth() {
  const [guest] = useGuest();
  const fetchAccessToken = useCallback(async () => await fetchToken(guest), [guest]);
  return useMemo(() => ({ isLoading: false, isAuthenticated: true, fetchAccessToken }), [fetchAccessToken]);
}
