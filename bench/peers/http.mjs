// The edge that both peers share: the requests and answers of Fresnel's HTTP API, as little code as will do.
import { createServer } from "node:http";

/** @param {Record<string, (args: any) => unknown>} functions By path; each may return a promise. */
export function serve(functions) {
  const server = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", async () => {
      let answer;
      try {
        const { path, args } = JSON.parse(Buffer.concat(pieces).toString());
        answer = { status: "success", value: (await functions[path](args)) ?? null, logLines: [] };
      } catch (error) {
        answer = { status: "error", errorMessage: String(error), logLines: [] };
      }
      const text = JSON.stringify(answer);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
      response.end(text);
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(`READY http://127.0.0.1:${server.address().port}`));
}
