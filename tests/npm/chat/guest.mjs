// Somebody who writes in the chat: signs a client in as the page does.

/** @param {import("convex/browser").ConvexClient} client @param {string} address @param {string} name */
export function signIn(client, address, name) {
  const secret = crypto.randomUUID();
  const fetchToken = async () => {
    const response = await fetch(`${address}/guest`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ secret, name }) });
    return (await response.json()).token;
  };
  return new Promise((resolve) => client.setAuth(fetchToken, resolve));
}
