// @ts-check
// Where a function is written, as far as the debugger and the source map tell. For display only: no answer is fine.
import { bundles } from "./errors.mjs";

/** @typedef {{ path: string, start_lineno: number, start_col: number }} Position */

export class Positions {
  #session;
  /** @type {Map<string, string>} URLs by script id. */
  #scripts = new Map();

  /** @param {import("node:inspector").Session | null} session */
  constructor(session) {
    this.#session = session;
    session?.on("Debugger.scriptParsed", ({ params }) => this.#scripts.set(params.scriptId, params.url));
    session?.post("Debugger.enable");
  }

  static async open() {
    try {
      const { Session } = await import("node:inspector");
      const session = new Session();
      session.connect();
      return new Positions(session);
    } catch {
      return new Positions(null); // A Node that was built without the inspector.
    }
  }

  /**
   * @param {unknown} handler
   * @param {string} path The module; what is written in another one has no position in it.
   * @returns {Position | null}
   */
  of(handler, path) {
    if (this.#session === null || typeof handler !== "function") return null;
    const location = this.#locationOf(handler);
    const url = location === null ? undefined : this.#scripts.get(location.scriptId);
    if (location === null || url === undefined) return null;
    const place = bundles.locate(url, location.lineNumber + 1, (location.columnNumber ?? 0) + 1);
    if (place === null || !isSourceOf(place.source, path)) return null;
    return { path, start_lineno: place.line, start_col: place.column };
  }

  /** @param {Function} handler @returns {import("node:inspector").Debugger.Location | null} */
  #locationOf(handler) {
    const session = /** @type {import("node:inspector").Session} */ (this.#session);
    const globals = /** @type {any} */ (globalThis);
    /** @type {import("node:inspector").Debugger.Location | null} */
    let location = null;
    Object.defineProperty(globals, "__fresnelPosition", { configurable: true, value: handler });
    // Within one process the debugger answers before post() returns.
    session.post("Runtime.evaluate", { expression: "__fresnelPosition" }, (error, answer) => {
      if (error !== null || answer.result.objectId === undefined) return;
      session.post("Runtime.getProperties", { objectId: answer.result.objectId, ownProperties: true }, (failure, properties) => {
        if (failure === null) location = properties.internalProperties?.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value ?? null;
      });
    });
    delete globals.__fresnelPosition;
    return location;
  }
}

/** Whether a source is that of a module: `../convex/a/b.ts` of `a/b.js`. @param {string} source @param {string} path */
function isSourceOf(source, path) {
  const stem = path.replace(/\.js$/, "");
  return new RegExp(`(^|/)${stem.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\.[cm]?[jt]sx?$`).test(source);
}
