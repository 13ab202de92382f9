// @ts-check
// The globals that functions see: spec/function-runtime.md §5. One realm per worker; each shim looks at call time whose code is running.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { makeConsole } from "./console.mjs";
import { makeEnvironment } from "./environment.mjs";
import { own, veil } from "./globals.mjs";
import {
  RealDate, clearTimer, currentInvocation, elapsed, inNode, isImporting, realBuffer, realCrypto, realFetch, realPerformance, realProcess, realRandom, setSoon, setTicker,
  setTimer, wallClock,
} from "./host.mjs";
import { SeededRandom } from "./random.mjs";
import { importRefusal, refusal, refuseNodeInDeterministicCode } from "./refusals.mjs";

/**
 * @typedef {object} RealmSettings
 * @property {"deterministic" | "actions" | "node"} pool
 * @property {Record<string, string>} variables
 * @property {boolean} strictVariables Whether reading an unset variable throws.
 * @property {boolean} nodeModules Whether deterministic functions lie in "use node" modules.
 * @property {{ seed: string, now: number }} importPhase
 * @property {string} folder The URL of the modules.
 */

/** What the realm tells the worker. */
export const realmEvents = {
  /** An action called `process.exit`. @type {(code: unknown) => void} */
  exit: () => {},
  /** Asynchronous work of an invocation ended. @type {(invocation: import("./invocation.mjs").Invocation) => void} */
  worked: () => {},
  /** A timer's callback threw. @type {(invocation: import("./invocation.mjs").Invocation, error: unknown) => void} */
  failed: () => {},
};

/** @param {RealmSettings} settings */
export function installRealm(settings) {
  if (settings.pool === "node") installNodeRealm(settings);
  else installDefaultRealm(settings);
}

/** @param {RealmSettings} settings */
function installNodeRealm(settings) {
  Object.defineProperty(globalThis, "console", { configurable: true, writable: true, value: makeConsole(true) });
  const { PATH, LANG, TZ } = realProcess.env;
  const host = Object.fromEntries(Object.entries({ PATH, LANG, TZ, PWD: realProcess.cwd(), NODE_PATH: "" }).filter(([, value]) => value !== undefined));
  Object.defineProperty(realProcess, "env", { configurable: true, writable: true, value: { ...host, ...settings.variables } });
  realProcess.exit = /** @type {(code?: unknown) => never} */ ((code) => {
    realmEvents.exit(code);
    throw new Error("process.exit() was called");
  });
  const folder = fileURLToPath(settings.folder);
  Object.assign(globalThis, { require: createRequire(settings.folder), __dirname: folder, __filename: `${folder}index.js`, module: { exports: {} }, exports: {} });
}

// Of Node's globals, what the default runtime does not have, but Node's own code looks for.
const Veiled = ["Buffer", "global", "setImmediate", "clearImmediate", "BroadcastChannel", "MessageChannel", "MessageEvent", "MessagePort"];

// The others that it does not have.
const Hidden = [
  "navigator", "Navigator", "WebSocket", "CloseEvent", "EventSource",
  "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver", "PerformanceObserverEntryList", "PerformanceResourceTiming",
  "Storage", "localStorage", "sessionStorage",
];

/** @param {RealmSettings} settings */
function installDefaultRealm(settings) {
  for (const name of Hidden) Reflect.deleteProperty(globalThis, name);
  // A "use node" module may hold queries; the code of such a module sees Node, wherever it runs.
  const sees = settings.nodeModules ? inNode : () => false;
  for (const name of Veiled) veil(name, undefined, sees);
  if (settings.nodeModules) {
    Object.assign(globalThis, { require: createRequire(settings.folder) });
    veil("require", undefined, sees);
    refuseNodeInDeterministicCode();
  }

  const importRandom = new SeededRandom(realBuffer.from(settings.importPhase.seed, "base64"));
  const environment = makeEnvironment(settings.variables, settings.strictVariables);
  const defaultConsole = makeConsole(false);
  for (const [name, method] of Object.entries(defaultConsole)) own(defaultConsole, name, method, `console.${name}`);

  own(globalThis, "console", defaultConsole);
  own(globalThis, "process", { env: environment });
  own(globalThis, "Date", makeDate(settings.importPhase.now));
  own(Math, "random", makeRandom(importRandom), "Math.random");
  own(globalThis, "Math", Math);
  own(globalThis, "crypto", makeCrypto(importRandom));
  for (const name of ["Crypto", "CryptoKey", "SubtleCrypto"]) own(globalThis, name, /** @type {any} */ (globalThis)[name]);
  own(globalThis, "performance", makePerformance(settings.importPhase.now));
  own(globalThis, "fetch", fetch);
  veil("setTimeout", timerMaker("setTimeout", setTimer));
  veil("setInterval", timerMaker("setInterval", setTicker));
  veil("clearTimeout", clearTimeout);
  veil("clearInterval", clearTimeout);
  own(globalThis, "WeakRef", settings.pool === "deterministic" ? StrongRef : WeakRef);
  own(globalThis, "FinalizationRegistry", settings.pool === "deterministic" ? IdleRegistry : FinalizationRegistry);
  Object.assign(globalThis, { self: globalThis, AsyncLocalStorage, AsyncResource });
  for (const name of ["FormData", "Headers", "Request", "Response"]) loadLater(name);
}

/** @param {number} importTime */
function makeDate(importTime) {
  function now() {
    const invocation = currentInvocation();
    if (invocation === null) return isImporting() ? importTime : wallClock();
    if (!invocation.deterministic) return wallClock();
    invocation.observedTime = true;
    return invocation.now;
  }

  /** @this {unknown} @param {any[]} values */
  function Date(...values) {
    if (new.target === undefined) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, values.length === 0 ? [now()] : values, new.target === Date ? RealDate : new.target);
  }

  // One prototype for both, so that `instanceof` holds whoever made the date.
  Object.defineProperty(Date, "prototype", { value: RealDate.prototype, writable: false });
  Object.defineProperty(Date, "length", { value: 7, configurable: true });
  Object.defineProperty(RealDate.prototype, "constructor", { value: Date, configurable: true, writable: true });
  for (const name of /** @type {const} */ (["parse", "UTC"])) {
    Object.defineProperty(Date, name, { value: RealDate[name], configurable: true, writable: true });
  }
  own(Date, "now", now, "Date.now");
  return Date;
}

/** @param {SeededRandom} importRandom */
function makeRandom(importRandom) {
  return function random() {
    const invocation = currentInvocation();
    if (invocation === null) return importRandom.fraction();
    return invocation.deterministic ? invocation.random.fraction() : realRandom();
  };
}

/** @param {SeededRandom} importRandom */
function makeCrypto(importRandom) {
  /** The stream to draw from, or null for the real one. */
  function seeded() {
    const invocation = currentInvocation();
    if (invocation === null) return importRandom;
    return invocation.deterministic ? invocation.random : null;
  }

  const subtle = makeSubtle();
  return Object.create(realCrypto, {
    subtle: { get: () => subtle, enumerable: true, configurable: true },
    getRandomValues: {
      configurable: true,
      writable: true,
      /** @param {any} array */
      value: function getRandomValues(array) {
        const random = seeded();
        // The real one also says what is wrong with an argument.
        if (random === null || !isFillable(array)) return realCrypto.getRandomValues(array);
        random.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
        return array;
      },
    },
    randomUUID: {
      configurable: true,
      writable: true,
      value: function randomUUID() {
        const random = seeded();
        if (random === null) return realCrypto.randomUUID();
        const bytes = realBuffer.alloc(16);
        random.fill(bytes);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
      },
    },
  });
}

/** @param {unknown} array */
const isFillable = (array) =>
  ArrayBuffer.isView(array) && !(array instanceof DataView) && !(array instanceof Float32Array) && !(array instanceof Float64Array) && array.byteLength <= 65_536;

function makeSubtle() {
  const real = /** @type {any} */ (realCrypto.subtle);
  const shim = Object.create(real);
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(real))) {
    if (name === "constructor" || typeof real[name] !== "function") continue;
    Object.defineProperty(shim, name, {
      configurable: true,
      writable: true,
      /** @param {unknown[]} values */
      value: (...values) => {
        const invocation = currentInvocation();
        if (name === "generateKey" && invocation?.deterministic) return Promise.reject(refusal("cryptographic randomness"));
        if (name === "generateKey" && invocation === null) return Promise.reject(importRefusal("cryptographic randomness"));
        return awaited(invocation, real[name](...values));
      },
    });
  }
  return shim;
}

/**
 * Work that the worker does for an invocation; meanwhile it is not stuck.
 * @template T
 * @param {import("./invocation.mjs").Invocation | null} invocation
 * @param {Promise<T>} promise
 */
function awaited(invocation, promise) {
  if (invocation === null) return promise;
  invocation.working++;
  const done = () => {
    invocation.working--;
    realmEvents.worked(invocation);
  };
  promise.then(done, done);
  return promise;
}

/** @param {number} importTime */
function makePerformance(importTime) {
  return {
    timeOrigin: importTime,
    now() {
      const invocation = currentInvocation();
      if (invocation === null) return 0;
      if (!invocation.deterministic) return realPerformance.timeOrigin + elapsed() - importTime;
      invocation.observedTime = true;
      return invocation.now - importTime + (invocation.kind === "query" ? 0 : elapsed() - invocation.startedAt);
    },
    mark() {},
    measure() {},
    toJSON: () => ({ timeOrigin: importTime }),
    // Node's fetch takes it from here.
    markResourceTiming: /** @type {any} */ (realPerformance).markResourceTiming,
  };
}

/** @param {any} input @param {any} init */
function fetch(input, init) {
  const invocation = currentInvocation();
  if (invocation?.deterministic) return Promise.reject(refusal("fetch()"));
  if (invocation === null) return inNode() ? realFetch(input, init) : Promise.reject(importRefusal("fetch()"));
  const response = realFetch(input, init);
  invocation.fetches++;
  const done = () => invocation.fetches--;
  response.then(done, done);
  return response;
}

/**
 * Timers of the default runtime are numbers, and belong to their invocation.
 * @param {"setTimeout" | "setInterval"} name
 * @param {Function} start
 */
function timerMaker(name, start) {
  /** @param {unknown} callback @param {number} delay @param {unknown[]} values */
  return (callback, delay, ...values) => {
    const invocation = currentInvocation();
    if (invocation?.deterministic) throw refusal(`${name}()`);
    if (invocation === null) {
      if (inNode()) return start(callback, delay, ...values);
      throw importRefusal(`${name}()`);
    }
    if (typeof callback !== "function") throw new TypeError(`${name}() expects a function`);
    const number = invocation.nextTimer++;
    const run = () => {
      if (name === "setTimeout") invocation.timers.delete(number);
      try {
        callback(...values);
      } catch (error) {
        realmEvents.failed(invocation, error);
      }
    };
    if (!invocation.closed) invocation.timers.set(number, start(run, delay));
    return number;
  };
}

/** @param {unknown} timer */
function clearTimeout(timer) {
  const invocation = currentInvocation();
  if (invocation !== null && typeof timer === "number") {
    clearTimer(invocation.timers.get(timer));
    invocation.timers.delete(timer);
  } else if (typeof timer === "object" && timer !== null) {
    clearTimer(/** @type {NodeJS.Timeout} */ (timer));
  }
}

/** Where Node keeps the classes of the fetch standard. @type {Map<string, () => any>} */
const fetchClasses = new Map();

/**
 * A class of the fetch standard, the real one.
 * @param {"Request" | "Response"} name
 */
export function fetchClass(name) {
  const load = fetchClasses.get(name);
  if (load === undefined) return /** @type {any} */ (globalThis)[name];
  // Loading it puts it into the global, where user code may have put another one.
  const shown = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, name));
  const loaded = load();
  Object.defineProperty(globalThis, name, shown);
  return loaded;
}

/**
 * The classes of the fetch standard take Node 50 ms and 10 MB to load, so they are loaded when they are first used.
 * @param {string} name
 */
function loadLater(name) {
  const original = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, name));
  const load = () => (original.get === undefined ? original.value : original.get.call(globalThis));
  fetchClasses.set(name, load);
  /** @param {unknown} value */
  const settle = (value) => Object.defineProperty(globalThis, name, { configurable: true, writable: true, enumerable: false, value });
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    set: settle,
    get() {
      const loaded = load();
      if (name === "Request" || name === "Response") refuseMultipart(loaded.prototype);
      settle(loaded);
      return loaded;
    },
  });
}

/** Reading multipart bodies is for actions. @param {Body} body */
function refuseMultipart(body) {
  const formData = body.formData;
  /** @this {Body & { headers?: Headers }} */
  body.formData = function () {
    const multipart = this.headers?.get("content-type")?.startsWith("multipart/") ?? false;
    return multipart && currentInvocation()?.deterministic ? Promise.reject(refusal("formData()")) : formData.call(this);
  };
}

/** A WeakRef whose target never goes: collection must not be observable. */
class StrongRef {
  #target;

  /** @param {object} target */
  constructor(target) {
    this.#target = target;
  }

  deref() {
    return this.#target;
  }
}

/** A FinalizationRegistry that never fires. */
class IdleRegistry {
  register() {}
  unregister() {
    return false;
  }
}
