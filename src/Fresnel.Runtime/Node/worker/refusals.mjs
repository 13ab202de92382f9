// @ts-check
// What queries and mutations may not do, and the texts that say so: spec/function-runtime.md §5.1.
import * as builtins from "node:module";
import { currentInvocation } from "./host.mjs";

/** @param {string} what */
export const refusal = (what) =>
  new Error(`Can't use ${what} in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.`);

/** @param {string} what */
export const importRefusal = (what) => new Error(`Can't use ${what} during module imports`);

// The modules of Node through which a "use node" module reaches the world.
const Outside = [
  "fs", "fs/promises", "net", "tls", "http", "https", "http2", "dgram", "dns", "dns/promises",
  "child_process", "cluster", "worker_threads", "timers", "timers/promises",
];

/** Makes Node's I/O throw in queries and mutations of "use node" modules; everywhere else it works. */
export function refuseNodeInDeterministicCode() {
  for (const name of Outside) {
    const module = builtins.createRequire(import.meta.url)(`node:${name}`);
    for (const [key, value] of Object.entries(module)) {
      // Classes stay as they are: what they do goes through functions.
      if (typeof value !== "function" || /^[A-Z]/.test(key)) continue;
      module[key] = Object.assign(
        /** @this {unknown} @param {unknown[]} values */
        function (...values) {
          if (currentInvocation()?.deterministic) throw refusal(`${name}.${key}()`);
          return value.apply(this, values);
        },
        value,
      );
    }
  }
  builtins.syncBuiltinESMExports();
}
