// @ts-check
// Timers of the default runtime: numbers that belong to their invocation.
import { realmEvents } from "./events.mjs";
import { clearTimer, currentInvocation, inNode } from "./host.mjs";
import { importRefusal, refusal } from "./refusals.mjs";

/**
 * @param {"setTimeout" | "setInterval"} name
 * @param {Function} start The real one.
 */
export function timerMaker(name, start) {
  /** @param {unknown} callback @param {number} delay @param {unknown[]} values */
  return (callback, delay, ...values) => {
    const invocation = currentInvocation();
    if (invocation?.deterministic) throw refusal(name);
    if (invocation === null) {
      if (inNode()) return start(callback, delay, ...values);
      throw importRefusal(name);
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
export function clearTimeout(timer) {
  const invocation = currentInvocation();
  if (invocation !== null && typeof timer === "number") {
    clearTimer(invocation.timers.get(timer));
    invocation.timers.delete(timer);
  } else if (typeof timer === "object" && timer !== null) {
    clearTimer(/** @type {NodeJS.Timeout} */ (timer));
  }
}
