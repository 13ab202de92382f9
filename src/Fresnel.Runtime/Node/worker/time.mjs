// @ts-check
// Time as functions see it: spec/function-runtime.md §5.1. It stands still in queries and mutations, is that of the push while modules are imported, and runs in actions.
// Whatever tells the time without being asked for it (a date that is formatted, an event, a file) tells the same.
import { RealDate, currentInvocation, elapsed, isImporting, realPerformance, wallClock } from "./host.mjs";
import { importRefusal, refusal } from "./refusals.mjs";
import { own } from "./globals.mjs";

/** @param {number} importTime Unix milliseconds of the push. */
export function installTime(importTime) {
  const clock = new Clock(importTime);
  own(globalThis, "Date", makeDate(clock));
  own(globalThis, "performance", makePerformance(clock, importTime));
  adaptDateFormats(clock);
  adaptEvents(clock);
  refuseWaiting();
  return clock;
}

export class Clock {
  #importTime;

  /** @param {number} importTime */
  constructor(importTime) {
    this.#importTime = importTime;
  }

  /** Unix milliseconds. */
  now() {
    const invocation = currentInvocation();
    if (invocation === null) return isImporting() ? this.#importTime : wallClock();
    if (!invocation.deterministic) return wallClock();
    invocation.tellTime();
    return invocation.now;
  }

  /** Milliseconds since the push. */
  sincePush() {
    const invocation = currentInvocation();
    if (invocation === null) return 0;
    if (!invocation.deterministic) return realPerformance.timeOrigin + elapsed() - this.#importTime;
    invocation.tellTime();
    return invocation.now - this.#importTime + (invocation.kind === "query" ? 0 : elapsed() - invocation.startedAt);
  }
}

/** @param {Clock} clock */
function makeDate(clock) {
  /** @this {unknown} @param {any[]} values */
  function Date(...values) {
    if (new.target === undefined) return new RealDate(clock.now()).toString();
    return Reflect.construct(RealDate, values.length === 0 ? [clock.now()] : values, new.target === Date ? RealDate : new.target);
  }

  // One prototype for both, so that `instanceof` holds whoever made the date.
  Object.defineProperty(Date, "prototype", { value: RealDate.prototype, writable: false });
  Object.defineProperty(Date, "length", { value: 7, configurable: true });
  Object.defineProperty(RealDate.prototype, "constructor", { value: Date, configurable: true, writable: true });
  for (const name of /** @type {const} */ (["parse", "UTC"])) {
    Object.defineProperty(Date, name, { value: RealDate[name], configurable: true, writable: true });
  }
  own(Date, "now", () => clock.now(), "Date.now");
  return Date;
}

/** @param {Clock} clock @param {number} importTime */
function makePerformance(clock, importTime) {
  return {
    timeOrigin: importTime,
    now: () => clock.sincePush(),
    mark() {},
    measure() {},
    toJSON: () => ({ timeOrigin: importTime }),
    // Node's fetch takes it from here.
    markResourceTiming: /** @type {any} */ (realPerformance).markResourceTiming,
  };
}

/** A format without a date shows the present. @param {Clock} clock */
function adaptDateFormats(clock) {
  const prototype = Intl.DateTimeFormat.prototype;
  const bound = /** @type {() => (date?: Date | number) => string} */ (Object.getOwnPropertyDescriptor(prototype, "format")?.get);
  const { formatToParts } = prototype;
  /** @type {WeakMap<Intl.DateTimeFormat, (date?: Date | number) => string>} */
  const formats = new WeakMap();
  Object.defineProperty(prototype, "format", {
    configurable: true,
    /** @this {Intl.DateTimeFormat} */
    get() {
      let format = formats.get(this);
      if (format === undefined) {
        const real = bound.call(this);
        format = (date) => real(date === undefined ? clock.now() : date);
        formats.set(this, format);
      }
      return format;
    },
  });
  prototype.formatToParts = /** @this {Intl.DateTimeFormat} @param {Date | number} [date] */ function (date) {
    return formatToParts.call(this, date === undefined ? clock.now() : date);
  };
}

/** @param {Clock} clock */
function adaptEvents(clock) {
  const timeStamp = /** @type {() => number} */ (Object.getOwnPropertyDescriptor(Event.prototype, "timeStamp")?.get);
  Object.defineProperty(Event.prototype, "timeStamp", {
    configurable: true,
    enumerable: true,
    /** @this {Event} */
    get() {
      return currentInvocation()?.deterministic ? clock.sincePush() : timeStamp.call(this);
    },
  });
}

/**
 * A file that says nothing of its age is as old as the moment.
 * @param {typeof globalThis.File} File
 * @param {Clock} clock
 */
export function adaptFiles(File, clock) {
  /** @type {WeakSet<object>} */
  const dated = new WeakSet();
  const lastModified = /** @type {() => number} */ (Object.getOwnPropertyDescriptor(File.prototype, "lastModified")?.get);
  Object.defineProperty(File.prototype, "lastModified", {
    configurable: true,
    enumerable: true,
    /** @this {File} */
    get() {
      const real = lastModified.call(this);
      return dated.has(this) || currentInvocation()?.deterministic !== true ? real : clock.now();
    },
  });
  return new Proxy(File, {
    construct(target, values, newTarget) {
      const file = Reflect.construct(target, values, newTarget);
      if (values[2]?.lastModified !== undefined) dated.add(file);
      return file;
    },
  });
}

/** The ways to wait that are no timers of ours. */
function refuseWaiting() {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (delay) => {
    const invocation = currentInvocation();
    if (invocation?.deterministic) throw refusal("AbortSignal.timeout()");
    if (invocation === null && isImporting()) throw importRefusal("AbortSignal.timeout()");
    return timeout(delay);
  };
  // They would hold the thread on which all functions run.
  Atomics.wait = () => {
    throw new TypeError("Atomics.wait cannot be called here");
  };
  Reflect.deleteProperty(Atomics, "waitAsync");
}
