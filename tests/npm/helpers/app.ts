// An app that is made with `convex-helpers` and Zod, as their documentation tells.
import { v } from "convex/values";
import { internalAction, internalMutation as rawInternalMutation, internalQuery, mutation as rawMutation, query } from "./_generated/server";
import { internal } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import schema from "./schema";
import { Triggers } from "convex-helpers/server/triggers";
import { customCtx, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { wrapDatabaseReader, wrapDatabaseWriter } from "convex-helpers/server/rowLevelSecurity";
import { getAll, getManyFrom, getManyVia, getOneFrom } from "convex-helpers/server/relationships";
import { filter } from "convex-helpers/server/filter";
import { getPage, paginator } from "convex-helpers/server/pagination";
import { mergedStream, stream } from "convex-helpers/server/stream";
import { defineRateLimits } from "convex-helpers/server/rateLimit";
import { makeMigration, startMigrationsSerially } from "convex-helpers/server/migrations";
import { makeActionRetrier } from "convex-helpers/server/retries";
import { crud } from "convex-helpers/server/crud";
import { zCustomQuery, zCustomMutation, zid } from "convex-helpers/server/zod4";
import { NoOp } from "convex-helpers/server/customFunctions";
import { z } from "zod";
import { paginationOptsValidator } from "convex/server";

const triggers = new Triggers<DataModel>();
triggers.register("notes", async (ctx, change) => {
  const owner = (change.newDoc ?? change.oldDoc)!.owner;
  const user = (await ctx.db.get(owner))!;
  const delta = change.operation === "insert" ? 1 : change.operation === "delete" ? -1 : 0;
  await ctx.db.patch(owner, { count: (user.count ?? 0) + delta });
});
export const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));

export const fill = mutation({
  args: {},
  handler: async (ctx) => {
    const ids = [];
    for (const name of ["ada", "bob"]) ids.push(await ctx.db.insert("users", { name }));
    const tags = [];
    for (const name of ["red", "blue"]) tags.push(await ctx.db.insert("tags", { name }));
    for (let rank = 0; rank < 20; rank++) {
      const note = await ctx.db.insert("notes", { owner: ids[rank % 2], text: `note ${rank}`, rank });
      await ctx.db.insert("noteTags", { note, tag: tags[rank % 2] });
      if (rank % 3 === 0) await ctx.db.insert("noteTags", { note, tag: tags[1] });
    }
    const last = await ctx.db.query("notes").order("desc").first();
    await ctx.db.delete(last!._id);
    const [changed] = await ctx.db.query("notes").take(1);
    await ctx.db.patch(changed._id, { text: "changed" });
    return (await Promise.all(ids.map((id) => ctx.db.get(id)))).map((user) => user!.count);
  },
});

const secured = customQuery(query, customCtx(async (ctx) => ({
  db: wrapDatabaseReader<{ who: string }, DataModel>({ who: "ada" }, ctx.db, { notes: { read: async ({ who }, note) => (await ctx.db.get(note.owner))!.name === who } }),
})));
const securedMutation = customMutation(rawMutation, customCtx(async (ctx) => ({
  db: wrapDatabaseWriter<{ who: string }, DataModel>({ who: "ada" }, ctx.db, {
    notes: { read: async () => true, modify: async ({ who }, note) => (await ctx.db.get(note.owner))!.name === who, insert: async () => false },
  }),
})));
export const mine = secured({ args: {}, handler: async (ctx) => (await ctx.db.query("notes").collect()).length });
export const touchAll = securedMutation({
  args: {},
  handler: async (ctx) => {
    let refused = 0;
    for await (const note of ctx.db.query("notes")) {
      try { await ctx.db.patch(note._id, { text: note.text + "!" }); } catch { refused++; }
    }
    return refused;
  },
});

export const related = query({
  args: {},
  handler: async (ctx) => {
    const ada = (await getOneFrom(ctx.db, "users", "by_name", "ada", "name"))!;
    const notes = await getManyFrom(ctx.db, "notes", "owner", ada._id);
    const red = (await getOneFrom(ctx.db, "tags", "name", "red"))!;
    const via = await getManyVia(ctx.db, "noteTags", "note", "tag", red._id);
    return [notes.length, via.length, (await getAll(ctx.db, notes.slice(0, 3).map((note) => note._id))).length];
  },
});
export const filtered = query({
  args: {},
  handler: async (ctx) => {
    const odd = filter(ctx.db.query("notes"), async (note) => note.rank % 2 === 1 && (await ctx.db.get(note.owner)) !== null);
    return [(await odd.collect()).length, (await odd.first())!.rank, (await filter(ctx.db.query("notes"), (note) => note.rank > 4).take(2)).map(({ rank }) => rank)];
  },
});
export const pages = query({
  args: {},
  handler: async (ctx) => {
    const seen = [];
    let startIndexKey;
    for (;;) {
      const { page, hasMore, indexKeys } = await getPage(ctx, { table: "notes", index: "by_rank", schema, targetMaxRows: 7, startIndexKey });
      seen.push(page.length);
      if (!hasMore) break;
      startIndexKey = indexKeys.at(-1);
    }
    return seen;
  },
});
export const paginated = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: (ctx, { paginationOpts }) => paginator(ctx.db, schema).query("notes").withIndex("by_rank").order("desc").paginate(paginationOpts),
});
export const merged = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) => {
    const users = await ctx.db.query("users").collect();
    const streams = users.map((user) => stream(ctx.db, schema).query("notes").withIndex("by_owner_rank", (q) => q.eq("owner", user._id)));
    const result = await mergedStream(streams, ["rank"]).filterWith(async (note) => note.rank % 5 !== 0).paginate(paginationOpts);
    return { ...result, page: result.page.map(({ rank }) => rank) };
  },
});

const { checkRateLimit, rateLimit, resetRateLimit } = defineRateLimits({
  burst: { kind: "token bucket", rate: 2, period: 60_000, capacity: 3 },
  window: { kind: "fixed window", rate: 2, period: 60_000 },
});
export const limited = mutation({
  args: {},
  handler: async (ctx) => {
    const said = [];
    for (let at = 0; at < 5; at++) said.push((await rateLimit(ctx, { name: "burst", key: "k" })).ok);
    for (let at = 0; at < 4; at++) said.push((await rateLimit(ctx, { name: "window" })).ok);
    await resetRateLimit(ctx, { name: "burst", key: "k" });
    said.push((await checkRateLimit(ctx, { name: "burst", key: "k" })).ok);
    return said;
  },
});
export const limitedThrows = mutation({
  args: {},
  handler: async (ctx) => { for (;;) await rateLimit(ctx, { name: "burst", key: "t", throws: true }); },
});

const migration = makeMigration(rawInternalMutation, { migrationTable: "migrations", defaultBatchSize: 1 });
export const migrateUsers = migration({ table: "users", migrateOne: () => ({ migrated: true }) });
export const migrateNotes = migration({ table: "notes", batchSize: 6, migrateOne: async (ctx, note) => { await ctx.db.patch(note._id, { text: note.text.toUpperCase() }); } });
export const begin = rawMutation({ args: {}, handler: (ctx) => startMigrationsSerially(ctx, [internal.app.migrateUsers, internal.app.migrateNotes]) });
export const migrated = query({
  args: {},
  handler: async (ctx) => [(await ctx.db.query("users").collect()).every((user) => user.migrated === true), (await ctx.db.query("notes").collect()).every(({ text }) => text === text.toUpperCase())],
});

export const { runWithRetries, retry } = makeActionRetrier("app:retry", { waitBackoff: 50, retryBackoff: 50, base: 1.2, maxFailures: 6, log: () => {} });
export const tries = internalQuery({ args: {}, handler: async (ctx) => (await ctx.db.query("tries").collect()).length });
export const attempt = rawInternalMutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("tries", { n: 1 }); } });
export const flaky = internalAction({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(internal.app.attempt, {});
    if ((await ctx.runQuery(internal.app.tries, {})) < 3) throw new Error("not yet");
  },
});
export const tryFlaky = rawMutation({ args: {}, handler: (ctx) => runWithRetries(ctx, internal.app.flaky, {}) });
export const tried = query({ args: {}, handler: async (ctx) => (await ctx.db.query("tries").collect()).length });

export const { create, read, update, destroy, paginate: paginateUsers } = crud(schema, "users", query, rawMutation);

const zQuery = zCustomQuery(query, NoOp);
const zMutation = zCustomMutation(rawMutation, NoOp);
export const zGet = zQuery({ args: { id: zid("users"), more: z.object({ n: z.number().min(3) }).optional() }, returns: z.object({ name: z.string() }), handler: async (ctx, { id }) => ({ name: (await ctx.db.get(id))!.name }) });
export const zSet = zMutation({ args: { id: zid("users"), name: z.string().email() }, handler: async (ctx, { id, name }) => { await ctx.db.patch(id, { name }); return name; } });
export const allUsers = query({ args: {}, handler: (ctx) => ctx.db.query("users").collect() });
