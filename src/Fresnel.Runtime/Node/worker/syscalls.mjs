// @ts-check
// globalThis.Convex, through which the client library reaches the engine: spec/function-runtime.md §3.
import { currentInvocation, parseJson, toJson } from "./host.mjs";
import { tableNumberOf } from "./ids.mjs";
import { limits } from "./limits.mjs";
import { PostAnswer } from "./posting.mjs";
import { queryIdOf } from "./streams.mjs";

const MostNameLength = 200;

// What leaves the documents as they are: those that were handed out ahead of the function still hold.
const Reading = new Set(["1.0/get", "1.0/queryPage", "1.0/count", "1.0/getUserIdentity", "1.0/getTransactionMetrics", "1.0/getFunctionMetadata", "1.0/db/normalizeId"]);
const Never = new Promise(() => {});

/**
 * @typedef {object} Engine The worker's way to the engine.
 * @property {(invocation: import("./invocation.mjs").Invocation, sequence: number, operation: string, args: string) => void} syscall
 * @property {(invocation: import("./invocation.mjs").Invocation, operation: string, args: string) => boolean} post Posts a write, if that is possible.
 * @property {(invocation: import("./invocation.mjs").Invocation, sequence: number, queryId: number) => void} next
 * @property {(invocation: import("./invocation.mjs").Invocation, queryId: number, args: string) => void} openQuery
 * @property {(invocation: import("./invocation.mjs").Invocation, queryId: number) => void} closeQuery
 */

/** @param {Engine} engine */
export function installSyscalls(engine) {
  const Convex = Object.freeze({
    /** @param {string} operation @param {string} args */
    syscall(operation, args) {
      const invocation = currentInvocation();
      if (invocation === null) throw duringImport(operation);
      requireTexts(operation, args);
      return answer(engine, invocation, operation, args);
    },

    /** @param {string} operation @param {string} args */
    asyncSyscall(operation, args) {
      const invocation = currentInvocation();
      if (invocation === null) return Promise.reject(duringImport(operation));
      try {
        requireTexts(operation, args);
        return call(engine, invocation, operation, args);
      } catch (error) {
        return Promise.reject(error);
      }
    },

    /** @param {string} operation @param {any} args */
    jsSyscall(operation, args) {
      const invocation = currentInvocation();
      if (invocation === null) throw duringImport(operation);
      switch (invocation.http === null ? "" : operation) {
        case "requestFromConvexJson": return invocation.http?.makeRequest();
        case "convexJsonFromResponse": return invocation.http?.respond(args.response) ?? null;
        default: return Promise.reject(notBuilt(operation));
      }
    },
  });
  Object.defineProperty(globalThis, "Convex", { value: Convex, configurable: false, writable: false });
}

/**
 * Refuses what is no text, before anything counts on it: code may call the host by hand.
 * @param {unknown} operation
 * @param {unknown} args
 */
function requireTexts(operation, args) {
  if (typeof operation !== "string" || operation.length > MostNameLength) throw new Error("Unknown operation: its name must be a short text");
  if (typeof args !== "string") throw new Error(`Invalid arguments for \`${operation}\`: Expected JSON text`);
}

/**
 * The arguments of a syscall that is answered here.
 * @param {string} operation
 * @param {string} args
 */
function argumentsOf(operation, args) {
  let parsed;
  try {
    parsed = parseJson(args);
  } catch (error) {
    throw new Error(`Invalid arguments for \`${operation}\`: ${/** @type {Error} */ (error).message}`);
  }
  if (typeof parsed !== "object" || parsed === null) throw new Error(`Invalid arguments for \`${operation}\`: Expected an object`);
  return parsed;
}

/** @param {string} operation */
function duringImport(operation) {
  return new Error(/^1\.0\/(get|insert|shallowMerge|replace|remove|query\w*|count|db\/\w+)$/.test(operation)
    ? "Can't use database at import time"
    : "Cannot invoke syscall during module imports");
}

/** @param {string} operation */
function notBuilt(operation) {
  const feature = { "storage/storeBlob": "File storage (ctx.storage.store)", "storage/getBlob": "File storage (ctx.storage.get)" }[operation];
  if (feature !== undefined) return new Error(`${feature} is not built yet in Fresnel.`);
  return new Error(`Unknown JS operation ${operation}`);
}

/**
 * @param {Engine} engine
 * @param {import("./invocation.mjs").Invocation} invocation
 * @param {string} operation
 * @param {string} args
 * @returns {Promise<string>}
 */
function call(engine, invocation, operation, args) {
  if (invocation.closed) return Never;
  if (invocation.pending.size + invocation.answers.size >= limits.concurrentOperations) {
    return Promise.reject(new Error("Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information."));
  }
  if (!invocation.deterministic && isLeftOver(invocation, args)) {
    return Promise.reject(new Error(
      "Leftover state detected. This typically happens if there are dangling promises from a previous request. Did you forget to await your promises?"));
  }
  if (operation === "1.0/queryStreamNext") {
    const queryId = queryIdOf(args);
    const stream = queryId === null ? undefined : invocation.streams.get(queryId);
    if (stream !== undefined) return next(engine, invocation, /** @type {number} */ (queryId), stream);
  } else if (!Reading.has(operation)) {
    invocation.streams.drop();
    if (engine.post(invocation, operation, args)) return invocation.answers.postpone(PostAnswer, invocation.nextSyscall);
  }

  const sequence = invocation.nextSyscall++;
  const reply = new Promise((resolve, reject) => {
    invocation.pending.set(sequence, { resolve: operation === "1.0/insert" ? noticeTable(invocation, args, resolve) : resolve, reject, operation });
  });
  engine.syscall(invocation, sequence, operation, args);
  return reply;
}

/**
 * The next document of a query: one that is at hand, in its turn, or the engine's.
 * @param {Engine} engine
 * @param {import("./invocation.mjs").Invocation} invocation
 * @param {number} queryId
 * @param {import("./streams.mjs").Stream} stream
 * @returns {Promise<string>}
 */
function next(engine, invocation, queryId, stream) {
  const given = stream.give();
  if (given !== null) return invocation.answers.give(given, invocation.nextSyscall);
  const sequence = invocation.nextSyscall++;
  const reply = new Promise((resolve, reject) => {
    invocation.pending.set(sequence, { resolve, reject, operation: "1.0/queryStreamNext", stream, version: stream.ask() });
  });
  engine.next(invocation, sequence, queryId);
  return reply;
}

/**
 * Whether a syscall was made with the request id of another invocation.
 * @param {import("./invocation.mjs").Invocation} invocation
 * @param {string} args
 */
function isLeftOver(invocation, args) {
  if (!args.includes('"requestId"')) return false;
  try {
    const { requestId } = parseJson(args);
    return requestId !== undefined && requestId !== invocation.requestId;
  } catch {
    // The engine says what is wrong with it.
    return false;
  }
}

/**
 * The first insert into a table creates it, and `normalizeId` must know its number from then on: it stands in the new document's id.
 * @param {import("./invocation.mjs").Invocation} invocation
 * @param {string} args
 * @param {(text: string) => void} resolve
 * @returns {(text: string) => void}
 */
function noticeTable(invocation, args, resolve) {
  const table = /^\{"table":"(\w+)"/.exec(args)?.[1];
  if (table === undefined || Object.hasOwn(invocation.tables, table) || invocation.newTables.has(table)) return resolve;
  return (text) => {
    const number = tableNumberOf(parseJson(text)._id);
    if (number !== null) invocation.newTables.set(table, number);
    resolve(text);
  };
}

/**
 * Synchronous syscalls are answered here, without asking the engine.
 * @param {Engine} engine
 * @param {import("./invocation.mjs").Invocation} invocation
 * @param {string} operation
 * @param {string} args
 * @returns {string}
 */
function answer(engine, invocation, operation, args) {
  switch (invocation.deterministic ? operation : "") {
    case "1.0/queryStream": {
      const queryId = invocation.streams.open();
      if (!invocation.closed) engine.openQuery(invocation, queryId, args);
      return `{"queryId":${queryId}}`;
    }
    case "1.0/queryCleanup": {
      const { queryId } = argumentsOf(operation, args);
      const known = invocation.streams.wasOpened(queryId);
      if (known && !invocation.closed) engine.closeQuery(invocation, queryId);
      invocation.streams.close(queryId);
      return String(known);
    }
    case "1.0/db/normalizeId":
      return normalizeId(engine, invocation, argumentsOf(operation, args));
    case "1.0/getSnapshotTs":
      invocation.tellTime();
      return toJson({ $integer: invocation.snapshot });
    default:
      if (operation === "1.0/componentArgument") return "{}";
      throw new Error(`Unknown operation ${operation}`);
  }
}

/**
 * @param {Engine} engine
 * @param {import("./invocation.mjs").Invocation} invocation
 * @param {{ table?: unknown, idString?: unknown }} args
 */
function normalizeId(engine, invocation, { table, idString }) {
  if (typeof table !== "string") throw new Error("Invalid argument `table` for `db.normalizeId`: expected a string");
  if (typeof idString !== "string") throw new Error("Invalid argument `idString` for `db.normalizeId`: expected a string");
  const number = Object.hasOwn(invocation.tables, table) ? invocation.tables[table] : invocation.newTables.get(table);
  // The engine must know that the result depends on which table has this name; nobody waits for what it answers.
  if (!invocation.closed) engine.syscall(invocation, invocation.nextSyscall++, "1.0/db/normalizeId", toJson({ table, idString }));
  return toJson({ id: number !== undefined && tableNumberOf(idString) === number ? idString : null });
}
