// @ts-check
// The globals that functions see: spec/function-runtime.md §5. One realm per worker; each shim looks at call time whose code is running.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { installChance } from "./chance.mjs";
import { makeConsole } from "./console.mjs";
import { makeEnvironment } from "./environment.mjs";
import { realmEvents } from "./events.mjs";
import { fetch, showFetchClasses, showLater } from "./fetching.mjs";
import { own, veil } from "./globals.mjs";
import { currentInvocation, inNode, realProcess, setTicker, setTimer, toJson } from "./host.mjs";
import { refusal, refuseNodeInDeterministicCode } from "./refusals.mjs";
import { adaptFiles, installTime } from "./time.mjs";
import { clearTimeout, timerMaker } from "./timers.mjs";

export { realmEvents } from "./events.mjs";

/**
 * @typedef {object} RealmSettings
 * @property {"deterministic" | "actions" | "node"} pool
 * @property {Record<string, string>} variables
 * @property {boolean} strictVariables Whether reading an unset variable throws.
 * @property {boolean} nodeModules Whether deterministic functions lie in "use node" modules.
 * @property {{ seed: string, now: number }} importPhase
 * @property {string} folder The URL of the modules.
 */

/** @param {RealmSettings} settings */
export function installRealm(settings) {
  if (settings.pool === "node") installNodeRealm(settings);
  else installDefaultRealm(settings);
}

/** @param {RealmSettings} settings */
function installNodeRealm(settings) {
  const { PATH, LANG, TZ } = realProcess.env;
  const host = Object.fromEntries(Object.entries({ PATH, LANG, TZ, PWD: realProcess.cwd(), NODE_PATH: "" }).filter(([, value]) => value !== undefined));
  const environment = makeEnvironment({ .../** @type {Record<string, string>} */ (host), ...settings.variables }, { listed: true });
  Object.defineProperty(realProcess, "env", { configurable: true, get: () => environment, set: () => {} });
  refuseToEnd();
  const nodeConsole = makeConsole(true);
  for (const name of Object.keys(nodeConsole)) own(nodeConsole, name, /** @type {any} */ (nodeConsole)[name], `console.${name}`);
  own(globalThis, "console", nodeConsole);
  own(Date, "now", Date.now, "Date.now");
  own(Math, "random", Math.random, "Math.random");
  for (const name of Shared) own(globalThis, name, /** @type {any} */ (globalThis)[name]);
  const folder = fileURLToPath(settings.folder);
  Object.assign(globalThis, { require: createRequire(settings.folder), __dirname: folder.slice(0, -1), __filename: `${folder}index.js`, module: { exports: {} }, exports: {} });
}

// Globals that people replace. In a process that runs many actions, what one replaces is its own.
const Shared = ["process", "Date", "Math", "crypto", "performance", "fetch", "setTimeout", "setInterval", "clearTimeout", "clearInterval", "queueMicrotask"];

/** An action that ends its process fails; the others in it end as they would, and the process takes no more. */
function refuseToEnd() {
  /** @param {string} event @param {string} text @returns {never} */
  const refuse = (event, text) => {
    realmEvents.exit(event, text);
    throw new Error(text);
  };
  const kill = realProcess.kill.bind(realProcess);
  /** @param {string | number | null | undefined} [code] */
  const exit = (code) => refuse("process.exit", `The action called process.exit(${code ?? ""})`);
  realProcess.exit = exit;
  realProcess.abort = () => refuse("process.abort", "The action called process.abort()");
  Object.assign(realProcess, { reallyExit: exit });
  realProcess.kill = (pid, signal) => {
    if (signal === 0 || (pid !== realProcess.pid && pid !== 0)) return kill(pid, signal);
    return refuse("process.kill", `The action called process.kill(${pid}${signal === undefined ? "" : `, ${toJson(signal)}`})`);
  };
}

// Of Node's globals, what the default runtime does not have, but Node's own code looks for.
const Veiled = ["Buffer", "global", "setImmediate", "clearImmediate", "BroadcastChannel", "MessageChannel", "MessageEvent", "MessagePort"];

// The others that it does not have.
const Hidden = [
  "navigator", "Navigator", "WebSocket", "CloseEvent", "EventSource",
  "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver", "PerformanceObserverEntryList", "PerformanceResourceTiming",
  "Storage", "localStorage", "sessionStorage", "Temporal",
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

  const defaultConsole = makeConsole(false);
  for (const [name, method] of Object.entries(defaultConsole)) own(defaultConsole, name, method, `console.${name}`);

  own(globalThis, "console", defaultConsole);
  own(globalThis, "process", { env: makeEnvironment(settings.variables, { strict: settings.strictVariables }) });
  const clock = installTime(settings.importPhase.now);
  installChance(settings.importPhase.seed);
  own(globalThis, "fetch", fetch);
  veil("setTimeout", timerMaker("setTimeout", setTimer));
  veil("setInterval", timerMaker("setInterval", setTicker));
  veil("clearTimeout", clearTimeout);
  veil("clearInterval", clearTimeout);
  veil("WeakRef", StrongRef);
  veil("FinalizationRegistry", IdleRegistry);
  Object.assign(globalThis, { self: globalThis, AsyncLocalStorage, AsyncResource });
  showFetchClasses();
  showLater("File", (/** @type {typeof globalThis.File} */ File) => adaptFiles(File, clock));
  // Forms make files of what is put into them.
  showLater("FormData", (FormData) => {
    void globalThis.File;
    return FormData;
  });
  refuseObjectUrls();
}

/** The name of an object URL is random, and nothing here could read it. */
function refuseObjectUrls() {
  const create = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (/** @type {any} */ blob) => {
    if (currentInvocation()?.deterministic) throw refusal("URL.createObjectURL()");
    return create(blob);
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
