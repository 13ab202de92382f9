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
 * A global that only some code may see.
 * @param {string} name
 * @param {unknown} value
 * @param {() => boolean} visible
 */
export function veil(name, value, visible) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get: () => (visible() ? value : undefined),
    set: (replacement) => Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: replacement }),
  });
}
