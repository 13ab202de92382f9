import { ConvexProviderWithAuth, ConvexReactClient } from "convex/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./Chat";
import { useGuestAuth } from "./useGuest";
import "./chat.css";

// The server that serves this page is the deployment.
const convex = new ConvexReactClient(window.location.origin);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ConvexProviderWithAuth client={convex} useAuth={useGuestAuth}>
      <Chat />
    </ConvexProviderWithAuth>
  </StrictMode>,
);
