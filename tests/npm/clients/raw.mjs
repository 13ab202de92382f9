// Requests and frames as they are on the wire, without a client that would tidy them up.

import http from "node:http";
import WebSocket from "ws";

/** Sends a request whose path is not normalised; the whole answer as text, without what differs from one moment to the next. */
export function request(base, method, path, body, headers = {}) {
  const { hostname, port } = new URL(base);
  const json = body === undefined ? undefined : typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { hostname, port, method, path, headers: { "content-type": "application/json", "convex-request-id": "0123456789abcdef", ...headers } },
      async (response) => {
        const lines = [];
        for (let at = 0; at < response.rawHeaders.length; at += 2) {
          if (response.rawHeaders[at].toLowerCase() !== "date") lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);
        }
        let text = "";
        for await (const part of response.setEncoding("utf8")) text += part;
        resolve({ status: response.statusCode, text, whole: [response.statusCode, ...lines, "", text].join("\n") });
      },
    );
    sent.on("error", reject);
    sent.end(json);
  });
}

/** Opens a sync socket, sends these messages, and collects what comes until `isLast` says so or the server closes. */
export function converse(base, messages, isLast) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/api/1.48.0/sync`);
  const heard = [];
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => {
      for (const message of messages) socket.send(typeof message === "string" ? message : JSON.stringify(message));
    });
    socket.on("message", (data) => {
      const text = data.toString();
      if (JSON.parse(text).type === "Ping") return;
      heard.push(text);
      if (isLast(JSON.parse(text))) socket.close();
    });
    socket.on("close", (code, reason) => resolve({ heard, code, reason: reason.toString() }));
  });
}

/** The first message of a session that nobody else uses. */
export const connect = () => ({ type: "Connect", sessionId: crypto.randomUUID(), connectionCount: 0, lastCloseReason: "InitialConnect", clientTs: Date.now() });
