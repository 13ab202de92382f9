// @ts-check
// console of functions: spec/function-runtime.md §7.1. Lines go to the engine as they are written.
import { inspect as nodeInspect } from "node:util";
import { currentInvocation, elapsed, realConsole, round, wallClock, wellFormed } from "./host.mjs";
import { cut, framesOf } from "./errors.mjs";
import { inspect } from "./inspect.mjs";
import { limits } from "./limits.mjs";

const MostNodeCharacters = 1_048_576;

/** @typedef {"DEBUG" | "INFO" | "LOG" | "WARN" | "ERROR"} Level */
/** @typedef {{ level: Level, messages: string[], truncated: boolean, at: number }} Line */

/** Where lines go. */
export const logSink = {
  /** @type {(invocation: import("./invocation.mjs").Invocation, line: Line) => void} */
  write: () => {},
};

/** The lines of one invocation, within the limits. */
export class Journal {
  /** @type {Map<string, number>} */
  timers = new Map();
  #lines = 0;
  #characters = 0;
  #owner;
  #node;

  /** @param {import("./invocation.mjs").Invocation} owner */
  constructor(owner) {
    this.#owner = owner;
    this.#node = owner.node && !owner.deterministic;
  }

  /** @param {Level} level @param {string[]} messages */
  write(level, messages) {
    if (this.#lines >= limits.logLines) return;
    const line = bounded(messages);
    this.#lines++;
    this.#characters += line.messages.reduce((sum, message) => sum + message.length, 0);
    if (this.#lines === limits.logLines) {
      this.#end(`Log overflow (maximum ${limits.logLines}). Remaining log lines omitted.`);
    } else if (this.#node && this.#characters > MostNodeCharacters) {
      this.#lines = limits.logLines;
      this.#end("Log overflow (maximum 1M characters). Remaining log lines omitted.");
    } else {
      logSink.write(this.#owner, { level, ...line, at: wallClock() });
    }
  }

  /** A line of the system's, beyond the limits. @param {Level} level @param {string} message */
  add(level, message) {
    logSink.write(this.#owner, { level, messages: [message], truncated: false, at: wallClock() });
  }

  /** @param {string} message */
  #end(message) {
    this.add("ERROR", message);
  }
}

/** @param {string[]} messages */
function bounded(messages) {
  messages = messages.map(wellFormed);
  const bytes = messages.reduce((sum, message) => sum + message.length * 3 + 1, 0);
  if (bytes <= limits.logLineBytes) return { messages, truncated: false };
  const joined = messages.join(" ");
  const short = cut(joined, limits.logLineBytes);
  return short.length === joined.length ? { messages, truncated: false } : { messages: [short], truncated: true };
}

/** @param {unknown} value */
const inspectInNode = (value) => nodeInspect(value, { maxStringLength: limits.logLineBytes, customInspect: true });

/** @param {unknown[]} values */
function shown(values) {
  const invocation = currentInvocation();
  return values.map(invocation !== null && invocation.node && !invocation.deterministic ? inspectInNode : inspect);
}

/** The journal to write into; null while importing and when nobody listens any more. */
function journal() {
  const invocation = currentInvocation();
  return invocation === null || invocation.closed ? null : journalOf(invocation);
}

/** @param {import("./invocation.mjs").Invocation} invocation */
export function journalOf(invocation) {
  return (invocation.journal ??= new Journal(invocation));
}

/** @param {Level} level @returns {(...values: unknown[]) => void} */
const writer = (level) => (...values) => journal()?.write(level, shown(values));

/** @param {unknown} label */
const labelOf = (label) => (label === undefined ? "default" : String(label));

/** @param {boolean} node Whether the methods that are not captured stay, as Node has them. */
export function makeConsole(node) {
  const methods = {
    debug: writer("DEBUG"),
    error: writer("ERROR"),
    info: writer("INFO"),
    log: writer("LOG"),
    warn: writer("WARN"),
    /** @param {unknown[]} values */
    trace(...values) {
      const frames = framesOf(new Error("trace"));
      journal()?.write("LOG", [...shown(values), frames.map((frame) => `\n    ${frame}`).join("")]);
    },
    /** @param {unknown} [label] */
    time(label) {
      const log = journal();
      const name = labelOf(label);
      if (log?.timers.has(name)) log.write("WARN", [`Timer '${name}' already exists`]);
      else log?.timers.set(name, elapsed());
    },
    /** @param {unknown} [label] @param {unknown[]} values */
    timeLog(label, ...values) {
      writeTimer(labelOf(label), values);
    },
    /** @param {unknown} [label] */
    timeEnd(label) {
      writeTimer(labelOf(label), []);
      journal()?.timers.delete(labelOf(label));
    },
  };
  return node ? Object.assign(Object.create(realConsole), methods) : methods;
}

/** @param {string} name @param {unknown[]} values */
function writeTimer(name, values) {
  const log = journal();
  const start = log?.timers.get(name);
  if (start === undefined) log?.write("WARN", [`Timer '${name}' does not exist`]);
  else log?.write("INFO", [`${name}: ${round(elapsed() - start)}ms`, ...shown(values)]);
}
