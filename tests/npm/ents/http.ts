// Routes of Hono, with its streams and its middleware.
import { Hono } from "hono";
import { cors } from "hono/cors";
import { streamSSE, streamText } from "hono/streaming";
import { HonoWithConvex, HttpRouterWithHono } from "convex-helpers/server/hono";
import { api } from "./_generated/api";
import { ActionCtx } from "./_generated/server";
const app: HonoWithConvex<ActionCtx> = new Hono();
app.use("/api/*", cors());
app.get("/api/users/:name", async (c) => c.json({ name: c.req.param("name"), users: (await c.env.runQuery(api.app.look, {}))[0].length }));
app.post("/api/echo", async (c) => c.json(await c.req.json(), 201, { "X-A": "b" }));
app.get("/stream", (c) => streamText(c, async (stream) => { for (let i = 0; i < 3; i++) { await stream.writeln(`line ${i}`); await stream.sleep(20); } }));
app.get("/sse", (c) => streamSSE(c, async (stream) => { for (let id = 0; id < 3; id++) await stream.writeSSE({ data: `d${id}`, event: "e", id: String(id) }); }));
app.get("/throws", () => { throw new Error("boo"); });
app.notFound((c) => c.text("nope", 404));
app.onError((error, c) => c.text(`caught ${error.message}`, 500));
export default new HttpRouterWithHono(app);
