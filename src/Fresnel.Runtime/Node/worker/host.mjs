// @ts-check
// What the worker program itself works with, taken before any user code runs: user code may replace any global afterwards.
import { AsyncLocalStorage } from "node:async_hooks";
import * as fs from "node:fs";
import process from "node:process";

export const RealDate = globalThis.Date;
export const realRandom = Math.random.bind(Math);
export const realFetch = globalThis.fetch;
export const realCrypto = globalThis.crypto;
export const realConsole = globalThis.console;
export const realProcess = process;
export const realPerformance = globalThis.performance;
export const realBuffer = globalThis.Buffer;
export const setTimer = globalThis.setTimeout;
export const clearTimer = globalThis.clearTimeout;
export const setTicker = globalThis.setInterval;
export const setSoon = globalThis.setImmediate;
export const clearSoon = globalThis.clearImmediate;
export const readTextFile = (/** @type {string} */ path) => readFile(path, "utf8");
export const { parse: parseJson, stringify: toJson } = JSON;
export const { ceil, floor, max, min, round } = Math;
export const RealAbortController = globalThis.AbortController;
export const RealReadableStream = globalThis.ReadableStream;
export const RealURL = globalThis.URL;
const readFile = fs.readFileSync;

/** The text with each unpaired surrogate replaced: others cannot leave this process. @type {(text: string) => string} */
export const wellFormed = (text) => apply(toWellFormed, text, []);
const { apply } = Reflect;
const { toWellFormed } = String.prototype;

/** Milliseconds that only grow. @type {() => number} */
export const elapsed = realPerformance.now.bind(realPerformance);

/** Unix milliseconds, the real ones. */
export const wallClock = RealDate.now;

/**
 * Which invocation the running code belongs to. Exact even where a promise is shared between invocations, which a plain variable is not.
 * @type {AsyncLocalStorage<import("./invocation.mjs").Invocation | ImportPhase>}
 */
const owner = new AsyncLocalStorage();

/** The owner of code that runs while a module is imported. */
export class ImportPhase {
  /** @param {boolean} node Whether it is a "use node" module. */
  constructor(node) {
    this.node = node;
  }
}

/** @returns {import("./invocation.mjs").Invocation | null} Null while importing and outside of invocations. */
export function currentInvocation() {
  const store = owner.getStore();
  return store === undefined || store instanceof ImportPhase ? null : store;
}

/** Whether the running code is a module's that is imported. What belongs to nobody is Node's own. */
export const isImporting = () => owner.getStore() instanceof ImportPhase;

/** Whether the running code may use all of Node: a "use node" module, imported or run. */
export function inNode() {
  return owner.getStore()?.node ?? false;
}

/**
 * @template T
 * @param {import("./invocation.mjs").Invocation | ImportPhase} store
 * @param {() => T} work
 */
export function runAs(store, work) {
  return owner.run(store, work);
}

// Runs all microtasks and ticks now, within the turn. Undocumented but old; without it, time is shared out evenly among the invocations of a turn.
const tick = /** @type {any} */ (realProcess)._tickCallback;
/** @type {(() => void) | null} */
export const drain = typeof tick === "function" ? tick.bind(realProcess) : null;
