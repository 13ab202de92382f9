// Calls the app of this folder, and says what is wrong.
import assert from "node:assert/strict";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";

const { URL: url, SITE: site } = process.env;
const client = new ConvexHttpClient(url, { logger: false });
const api = anyApi.app;
const query = (name, args = {}) => client.query(api[name], args);
const mutate = (name, args = {}) => client.mutation(api[name], args);
const shown = (live, name, isDone) => new Promise((resolve) => live.onUpdate(api[name], {}, (value) => isDone(value) && resolve(value)));

// Triggers keep a count beside what they watch; rules hide and refuse rows.
assert.deepEqual(await mutate("fill"), [10, 9]);
assert.equal(await query("mine"), 10);
assert.equal(await mutate("touchAll"), 9);

// Relationships, filters in TypeScript, pages by index, merged streams.
assert.deepEqual(await query("related"), [10, 10, 3]);
assert.deepEqual(await query("filtered"), [9, 1, [5, 6]]);
assert.deepEqual(await query("pages"), [7, 7, 5]);
assert.deepEqual(await pages("paginated", 8, (page) => page.length), [8, 8, 3]);
assert.deepEqual(await pages("merged", 4, (page) => page), [[1, 2, 3, 4], [6, 7, 8, 9], [11, 12, 13, 14], [16, 17, 18]]);

// Rate limits in the tables of the app.
assert.deepEqual(await mutate("limited"), [true, true, true, false, false, true, true, false, false, true]);
await assert.rejects(mutate("limitedThrows"), (error) => error.data.kind === "RateLimited" && error.data.name === "burst");

// Functions that a library made: CRUD, and arguments checked by Zod.
const [ada, bob] = await query("allUsers");
assert.equal((await mutate("create", { name: "eve" })).name, "eve");
assert.equal((await query("read", { id: ada._id })).name, "ada");
assert.equal(await mutate("update", { id: ada._id, patch: { name: "countess" } }), null);
assert.deepEqual(await query("zGet", { id: ada._id }), { name: "countess" });
await assert.rejects(query("zGet", { id: ada._id, more: { n: 1 } }), (error) => error.data.ZodError[0].code === "too_small");
await assert.rejects(query("zGet", { id: "nonsense" }), /ArgumentValidationError: .*\nPath: \.id\nValue: "nonsense"\nValidator: v\.id\("users"\)/);
await assert.rejects(mutate("zSet", { id: ada._id, name: "no mail" }), (error) => error.data.ZodError[0].message === "Invalid email address");
assert.equal((await mutate("destroy", { id: bob._id })).name, "bob");

// An action that is tried again until it succeeds, and migrations in batches, one after the other: both by scheduled functions.
const live = new ConvexClient(url, { logger: false });
await mutate("tryFlaky");
assert.equal(await shown(live, "tried", (count) => count >= 3), 3);
await mutate("begin");
await shown(live, "migrated", (done) => done.every(Boolean));
await live.close();

// Routes with the headers of CORS.
const preflight = await fetch(`${site}/fact`, { method: "OPTIONS", headers: { Origin: "http://a.example", "Access-Control-Request-Method": "POST" } });
assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-origin"), preflight.headers.get("access-control-allow-methods")], [204, "http://a.example", "POST"]);
const posted = await fetch(`${site}/fact`, { method: "POST", body: "x", headers: { Origin: "http://a.example" } });
assert.deepEqual([posted.status, posted.headers.get("access-control-allow-origin"), await posted.text()], [200, "http://a.example", "got x"]);
assert.equal((await fetch(`${site}/facts/7`, { headers: { Origin: "http://b.example" } })).headers.get("access-control-allow-origin"), null);
assert.equal((await fetch(`${site}/fact`)).status, 404);

/** Reads a paginated query to its end. */
async function pages(name, numItems, of) {
  const all = [];
  for (let cursor = null; ; ) {
    const { page, isDone, continueCursor } = await query(name, { paginationOpts: { numItems, cursor } });
    all.push(of(page));
    if (isDone) return all;
    cursor = continueCursor;
  }
}
