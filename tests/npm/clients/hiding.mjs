// What it means that a client cannot tell an internal function from a missing one.

import assert from "node:assert/strict";

/** An internal function, and a missing one whose name is as long. Modules that exist are beside ones that do not, and default exports beside named ones. */
export const pairs = [
  ["hidden:secret", "hidden:absent"],
  ["hidden:write", "hidden:wrong"],
  ["hidden:act", "hidden:ask"],
  ["hidden:secret", "vanish:secret"],
  ["hidden", "vanish"],
  ["hidden:default", "vanish:default"],
];

/** What a client may take for another spelling of a path, or for a way around it. */
export const spellings = [
  (path) => path,
  (path) => path.replace(/^(\w+)/, "$1.js"),
  (path) => path.replace(/^(\w+)/, "$1.ts"),
  (path) => path.replace(/^(\w+)/, "$1.mjs"),
  (path) => `${path}.js`,
  (path) => `${path}:default`,
  (path) => `./${path}`,
  (path) => `/${path}`,
  (path) => `//${path}`,
  (path) => `convex/${path}`,
  (path) => `../convex/${path}`,
  (path) => `items/../${path}`,
  (path) => `_system/${path}`,
  (path) => `_system/../${path}`,
  (path) => `_reference/function/${path}`,
  (path) => `function://${path}`,
  (path) => `api.${path.replace(":", ".")}`,
  (path) => `internal.${path.replace(":", ".")}`,
  (path) => path.replace(":", "/"),
  (path) => path.replace(":", "//"),
  (path) => path.replace(":", "."),
  (path) => path.replace(":", "::"),
  (path) => path.replace(":", "%3A"),
  (path) => path.replace(":", "%3a"),
  (path) => path.replace(":", "\uff1a"),
  (path) => path.replace(":", ":\u0000"),
  (path) => ` ${path} `,
  (path) => path.toUpperCase(),
  (path) => path[0].toUpperCase() + path.slice(1),
  (path) => encodeURIComponent(path),
  (path) => `${path}#${path}`,
  (path) => `${path}?${path}`,
];

/** Arguments that fit, that do not fit the validator, and that are not even values. */
export const someArguments = [{}, [{}], { word: 7 }, [{ word: "x" }], [1, 2], [], [{ $integer: "x" }], { $secret: 1 }, "nothing", null];

/** An answer without the names and without what differs from one request to the next. */
export const blank = (text) =>
  text
    .replace(/secret|absent|write|wrong|act|ask|hidden|vanish/gi, "…")
    .replace(/Request ID: [0-9a-f]{16}/g, "Request ID: …")
    .replace(/"(ts|serverTs|clientClockSkew)":("[^"]*"|-?[0-9.]+)/g, '"$1":…');

/** Asks the same of both functions of a pair and compares the answers. */
export async function compare(pair, ask, about) {
  const [there, missing] = [await ask(pair[0]), await ask(pair[1])];
  assert.equal(blank(there), blank(missing), about);
  assert.ok(!/hidden by default|"hidden"|acted/.test(there), `${about}: ${there}`);
  return there;
}
