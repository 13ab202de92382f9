import { useConvexConnectionState } from "convex/react";

/** Says how the page stands with its server; what was said meanwhile is sent as soon as the two have found each other again. */
export function Connection() {
  const { isWebSocketConnected, hasEverConnected } = useConvexConnectionState();
  const state = isWebSocketConnected ? "live" : hasEverConnected ? "reconnecting" : "connecting";
  return (
    <p className="connection" data-state={state} role="status">
      {state === "live" ? "Live" : state === "reconnecting" ? "Reconnecting…" : "Connecting…"}
    </p>
  );
}
