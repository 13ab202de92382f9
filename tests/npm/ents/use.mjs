// Calls the app of this folder, and says what is wrong.
import assert from "node:assert/strict";
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";

const { URL: url, SITE: site } = process.env;
const client = new ConvexHttpClient(url, { logger: false });

const [taken, followers] = await client.mutation(anyApi.app.fill, {});
assert.match(taken, /^In table "users" cannot create a duplicate document with field "email" of value `a@x`/);
assert.deepEqual(followers, ["ada"]);
const messages = (left) => [0, 1, 2, 3, 4].filter((n) => left.includes(n)).map((n) => [`m${n}`, n > 0]);
assert.deepEqual(await client.query(anyApi.app.look, {}), [[["ada", 3, "hi"], ["bob", 2, null]], [["plain", messages([0, 1, 2, 3, 4])]]]);
assert.equal(await client.mutation(anyApi.app.remove, {}), 1);
assert.deepEqual(await client.query(anyApi.app.look, {}), [[["ada", 3, "hi"]], [["plain", messages([0, 2, 4])]]]);

const get = async (path, init) => {
  const response = await fetch(site + path, init);
  return [response.status, response.headers.get("content-type"), await response.text()];
};
assert.deepEqual(await get("/api/users/ada"), [200, "application/json", '{"name":"ada","users":1}']);
assert.deepEqual(await get("/api/echo", { method: "POST", body: '{"a":1}' }), [201, "application/json", '{"a":1}']);
assert.deepEqual(await get("/stream"), [200, "text/plain; charset=UTF-8", "line 0\nline 1\nline 2\n"]);
assert.deepEqual(await get("/sse"), [200, "text/event-stream", [0, 1, 2].map((n) => `event: e\ndata: d${n}\nid: ${n}\n\n`).join("")]);
assert.deepEqual(await get("/throws"), [500, "text/plain; charset=UTF-8", "caught boo"]);
assert.deepEqual(await get("/nowhere"), [404, "text/plain; charset=UTF-8", "nope"]);
const preflight = await fetch(`${site}/api/echo`, { method: "OPTIONS", headers: { Origin: "http://x.example", "Access-Control-Request-Method": "POST" } });
assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-origin")], [204, "*"]);
