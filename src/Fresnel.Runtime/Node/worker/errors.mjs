// @ts-check
// From what user code threw to the text that people read: spec/function-runtime.md §1.5 and 7.4.
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { own } from "./globals.mjs";
import { parseJson, readTextFile, wellFormed } from "./host.mjs";

const MostMessageBytes = 64 * 1024;
const ConvexError = Symbol.for("ConvexError");

/** @typedef {{ message: string, frames: string[], data?: string }} ErrorReport */

/** An error of the system's own, which is told as it is: no "Uncaught", no frames. */
export class Refusal extends Error {
  /** @param {string} code A code of the specification. @param {string} message */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Maps places in the bundles back to the sources. */
class Bundles {
  /** The URL of the folder of the modules, with a slash at its end. */
  folder = "";

  /** @type {Map<string, SourceMap | null>} */
  #maps = new Map();

  /**
   * @param {string | null | undefined} url
   * @param {number} line From 1.
   * @param {number} column From 1.
   * @returns {{ source: string, line: number, column: number } | null} Line and column from 0; null outside the bundles and where no map tells.
   */
  locate(url, line, column) {
    if (typeof url !== "string" || this.folder === "" || !url.startsWith(this.folder)) return null;
    const entry = this.#mapOf(url)?.findEntry(line - 1, column - 1);
    if (entry === undefined || !("originalSource" in entry) || entry.generatedLine !== line - 1) return null;
    return { source: entry.originalSource, line: entry.originalLine, column: entry.originalColumn };
  }

  /** Takes the place where the bundles happen to lie out of a text. @param {string} text */
  withoutFolder(text) {
    if (this.folder === "") return text;
    return text.replaceAll(this.folder, "").replaceAll(fileURLToPath(this.folder), "");
  }

  /** @param {string} url */
  #mapOf(url) {
    const known = this.#maps.get(url);
    if (known !== undefined) return known;
    let map = null;
    try {
      map = new SourceMap(parseJson(readTextFile(`${fileURLToPath(url.split("?")[0])}.map`)));
    } catch {
      // A module without a source map, or with one that is none: its frames are left out.
    }
    this.#maps.set(url, map);
    return map;
  }
}

export const bundles = new Bundles();

/** Makes `error.stack` show the sources. Frames of the worker program and of Node are left out. */
export function installStackTraces() {
  Error.stackTraceLimit = 50;
  /** @param {Error} error @param {NodeJS.CallSite[]} sites */
  const prepare = (error, sites) => {
    const frames = /** @type {string[]} */ (sites.map(frameOf).filter((frame) => frame !== null));
    const text = headOf(error) + frames.map((frame) => `\n    ${frame}`).join("");
    traces.set(error, { text, frames });
    return text;
  };
  own(Error, "prepareStackTrace", prepare, "Error.prepareStackTrace");
}

/**
 * The frames of each stack that was printed. They cannot be read back from it: the message before them may hold frames of its own,
 * since what crosses `ctx.run*` is the whole text of an error.
 * @type {WeakMap<object, { text: string, frames: string[] }>}
 */
const traces = new WeakMap();

/** @param {unknown} error */
function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/**
 * @param {NodeJS.CallSite} site
 * @returns {string | null} `at handler (../convex/a.ts:1:2)`
 */
function frameOf(site) {
  const place = bundles.locate(site.getFileName(), site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0);
  if (place === null) return null;
  const isAsync = /** @type {any} */ (site).isAsync?.() === true;
  return `at ${isAsync ? "async " : ""}${nameOf(site)} (${place.source}:${place.line + 1}:${place.column + 1})`;
}

/** @param {NodeJS.CallSite} site */
function nameOf(site) {
  const name = site.getFunctionName();
  if (name === null || name === "") return "<anonymous>";
  if (site.isConstructor()) return `new ${name}`;
  const type = site.isToplevel() ? null : site.getTypeName();
  return type === null || type === "Object" || type === "Function" || name.startsWith(type) ? name : `${type}.${name}`;
}

/**
 * Describes what was thrown. Never throws, whatever it is.
 * @param {unknown} thrown
 * @returns {ErrorReport}
 */
export function describe(thrown) {
  try {
    if (thrown instanceof Refusal) return report(thrown.message, []);
    return thrown instanceof Error || hasConvexData(thrown) ? describeError(/** @type {Error} */ (thrown)) : report(`Uncaught ${String(thrown)}`, []);
  } catch {
    return report("Uncaught Error: the value that was thrown cannot be shown", []);
  }
}

/**
 * An error that is named after the event by which it came; one with data stays as it is.
 * @param {string} event
 * @param {unknown} reason
 */
export function named(event, reason) {
  try {
    if (hasConvexData(reason)) return reason;
    const error = new Error(reason instanceof Error ? reason.message : String(reason));
    error.name = event;
    if (reason instanceof Error) error.stack = reason.stack;
    return error;
  } catch {
    return reason;
  }
}

/** @param {unknown} thrown */
function hasConvexData(thrown) {
  return typeof thrown === "object" && thrown !== null && ConvexError in thrown;
}

/** @param {Error & { data?: unknown }} error */
function describeError(error) {
  const name = String(error.name ?? "Error");
  const message = String(error.message ?? "");
  const text = name !== "" && message !== "" ? `Uncaught ${name}: ${message}` : `Uncaught ${name}${message}`;
  const described = report(text, framesOf(error));
  // The library has already written the data as JSON text.
  if (ConvexError in error && typeof error.data === "string") described.data = error.data;
  return described;
}

/** @param {string} message @param {string[]} frames @returns {ErrorReport} */
function report(message, frames) {
  return { message: cut(wellFormed(bundles.withoutFolder(message)), MostMessageBytes), frames: frames.map(wellFormed) };
}

/**
 * The frames of an error, without those of the client library at either end.
 * @param {Error} error
 */
export function framesOf(error) {
  const stack = stackOf(error);
  const trace = traces.get(error);
  const frames = trace !== undefined && trace.text === stack ? trace.frames : linesOfFrames(stack);
  let first = 0;
  let last = frames.length;
  while (first < last && isLibrary(frames[first])) first++;
  while (last > first && isLibrary(frames[last - 1])) last--;
  return frames.slice(first, last);
}

/** A function may have put its own code there. @param {Error} error */
function stackOf(error) {
  try {
    return String(error.stack ?? "");
  } catch {
    return "";
  }
}

/** The frames in a stack that code wrote itself. @param {string} stack */
const linesOfFrames = (stack) => stack.split("\n").map((line) => line.trim()).filter((line) => /^at .*:\d+:\d+\)$/.test(line));

/** @param {string} frame */
const isLibrary = (frame) => /[/\\]node_modules[/\\]convex[/\\](?:src|dist[/\\](?:esm|cjs))[/\\]server[/\\]/.test(frame);

/**
 * The longest beginning of a text that is at most so many bytes of UTF-8 and ends between characters.
 * @param {string} text
 * @param {number} most
 */
export function cut(text, most) {
  if (text.length * 3 <= most) return text;
  let bytes = 0;
  let at = 0;
  for (const character of text) {
    const point = /** @type {number} */ (character.codePointAt(0));
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
    if (bytes > most) return text.slice(0, at);
    at += character.length;
  }
  return text;
}
