// @ts-check
// Properties that an invocation may replace for itself alone. Many invocations share one realm; what one of them assigns to a global
// vanishes with it and is never seen by another. What a module assigns while it is imported holds for all.
import { currentInvocation } from "./host.mjs";

/** @type {Map<string, unknown>} */
const replacedAtImport = new Map();

// Almost nobody replaces globals. While that is so, reading one costs one comparison.
let anyReplaced = false;

/**
 * @param {object} target
 * @param {string} name
 * @param {unknown} value
 * @param {string} [key] Names the property among the replaced ones.
 */
export function own(target, name, value, key = name) {
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    get: () => (anyReplaced ? replacement(key, value) : value),
    set: (replacement) => replace(key, replacement),
  });
}

/** @param {string} key @param {unknown} value */
function replacement(key, value) {
  const own = currentInvocation()?.replaced;
  if (own?.has(key)) return own.get(key);
  return replacedAtImport.has(key) ? replacedAtImport.get(key) : value;
}

/** @param {string} key @param {unknown} value */
function replace(key, value) {
  anyReplaced = true;
  const invocation = currentInvocation();
  if (invocation === null) replacedAtImport.set(key, value);
  else (invocation.replaced ??= new Map()).set(key, value);
}

/**
 * A global of Node's that functions see differently or not at all, but that Node's own code (which is loaded late and looks for it there) must see as it is.
 * @param {string} name
 * @param {unknown} shown What functions see.
 * @param {() => boolean} [sees] Whether the running function sees the real one.
 */
export function veil(name, shown, sees = () => false) {
  const original = Object.getOwnPropertyDescriptor(globalThis, name);
  if (original === undefined) return;
  // Not read before it is needed: some are loaded by being read.
  const real = original.get === undefined ? () => original.value : original.get.bind(globalThis);
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get: function read() {
      if (calledByNode(read) || sees()) return real();
      return anyReplaced ? replacement(name, shown) : shown;
    },
    set: (replacement) => replace(name, replacement),
  });
}

/** @type {PropertyDescriptor} */
const Sites = { configurable: true, writable: true, value: (/** @type {Error} */ _, /** @type {NodeJS.CallSite[]} */ sites) => sites };

/**
 * Whether an accessor was reached from Node's own code. Takes some microseconds, so it is for globals that are seldom read.
 * @param {Function} accessor
 */
function calledByNode(accessor) {
  const { stackTraceLimit } = Error;
  const prepare = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Error, "prepareStackTrace"));
  /** @type {{ stack?: NodeJS.CallSite[] }} */
  const holder = {};
  Error.stackTraceLimit = 1;
  Object.defineProperty(Error, "prepareStackTrace", Sites);
  Error.captureStackTrace(holder, accessor);
  const caller = holder.stack?.[0]?.getFileName();
  Error.stackTraceLimit = stackTraceLimit;
  Object.defineProperty(Error, "prepareStackTrace", prepare);
  return typeof caller === "string" && caller.startsWith("node:");
}
