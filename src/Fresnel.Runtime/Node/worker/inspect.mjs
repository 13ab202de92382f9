// @ts-check
// How the default runtime renders the arguments of console methods: spec/function-runtime.md §7.1. Quoted strings, two spaces of
// indentation, one property per line, arrays on one line when their elements are.
import { RealDate } from "./host.mjs";

const MostCharacters = 32_768;
const MostDepth = 5;
const RealPromise = Promise;
const Custom = Symbol.for("nodejs.util.inspect.custom");

/** @typedef {{ depth: number, parents: object[], flat?: boolean }} Place Flat is on one line: keys of maps are. */

/**
 * @param {unknown} value
 * @returns {string}
 */
export function inspect(value) {
  return show(value, { depth: 0, parents: [] });
}

/** @param {unknown} value @param {Place} place @returns {string} */
function show(value, place) {
  switch (typeof value) {
    case "string": return quoted(value);
    case "number": return Object.is(value, -0) ? "-0" : String(value);
    case "bigint": return `${value}n`;
    case "symbol": return value.toString();
    case "function": return showFunction(value, place);
    case "object": return value === null ? "null" : showObject(value, place);
    default: return String(value);
  }
}

/** @param {object} value @param {Place} place */
function showObject(value, place) {
  if (place.depth >= MostDepth) return Array.isArray(value) ? "[Array]" : "[Object]";
  if (place.parents.includes(value)) return "[Circular]";
  /** @type {Place} */
  const inside = { depth: place.depth + 1, parents: [...place.parents, value], flat: place.flat };
  const custom = /** @type {any} */ (value)[Custom] ?? /** @type {any} */ (value).inspect;
  if (typeof custom === "function" && custom !== inspect) {
    const shown = custom.call(value, MostDepth - place.depth, {}, inspect);
    return typeof shown === "string" ? shown : show(shown, inside);
  }
  if (Array.isArray(value)) return showArray(value, inside);
  if (value instanceof Error) return showError(value, inside);
  if (value instanceof Map) {
    return showCollection("Map", value.size, [...value].map(([key, item]) => `${show(key, { ...inside, flat: true })} => ${show(item, inside)}`), inside);
  }
  if (value instanceof Set) return showCollection("Set", value.size, [...value].map((item) => show(item, inside)), inside);
  if (value instanceof WeakMap) return "WeakMap { ? }";
  if (value instanceof WeakSet) return "WeakSet { ? }";
  if (value instanceof Number || value instanceof Boolean || value instanceof String || value instanceof BigInt || value instanceof Symbol) {
    return `Object(${show(value.valueOf(), inside)})`;
  }
  if (value === globalThis) return "{ [object globalThis] }";
  if (value instanceof RealDate || value instanceof RegExp) return String(value);
  const parts = properties(value, inside);
  const tag = tagOf(value);
  return parts.length === 0 ? `${tag}{}` : `${tag}{${lines(parts, inside)}}`;
}

/** @param {unknown[]} value @param {Place} inside */
function showArray(value, inside) {
  if (value.length === 0) return "[]";
  const parts = properties(value, inside);
  return !inside.flat && parts.some((part) => part.includes("\n")) ? `[${lines(parts, inside)}]` : `[ ${parts.join(", ")} ]`;
}

/** @param {Error} value @param {Place} inside */
function showError(value, inside) {
  const parts = properties(value, inside);
  if ("cause" in value && !Object.prototype.propertyIsEnumerable.call(value, "cause")) parts.unshift(`[cause]: ${show(value.cause, inside)}`);
  return parts.length === 0 ? `[${String(value)}]` : `{ [${String(value)}] ${parts.join(", ")} }`;
}

/** @param {Function} value @param {Place} place */
function showFunction(value, place) {
  const name = value.name === "" ? "[Function (anonymous)]" : `[Function: ${value.name}]`;
  if (place.parents.includes(value)) return "[Circular]";
  if (place.depth >= MostDepth) return name;
  const parts = properties(value, { depth: place.depth + 1, parents: [...place.parents, value], flat: place.flat });
  return parts.length === 0 ? name : `${name} { ${parts.join(", ")} }`;
}

/** @param {string} name @param {number} size @param {string[]} parts @param {Place} inside */
function showCollection(name, size, parts, inside) {
  return `${name} (${size}) {${parts.length === 0 ? "" : lines(parts, inside)}}`;
}

/** @param {object} value @param {Place} inside */
function properties(value, inside) {
  /** @type {string[]} */
  const parts = [];
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) parts.push(at in value ? show(value[at], inside) : "");
  }
  for (const key of Object.keys(value)) {
    if (Array.isArray(value) && String(Number(key)) === key && Number(key) < value.length) continue;
    parts.push(`${/[^\w$]/.test(key) ? quoted(key) : key}: ${show(/** @type {any} */ (value)[key], inside)}`);
  }
  // Node notes on a promise under symbols whose asynchronous work it is: numbers of its own, other ones on every run.
  if (value instanceof RealPromise) return parts;
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (Object.prototype.propertyIsEnumerable.call(value, symbol)) parts.push(`[${symbol.toString()}]: ${show(/** @type {any} */ (value)[symbol], inside)}`);
  }
  return parts;
}

/** @param {object} value */
function tagOf(value) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return "";
  const name = typeof value.constructor === "function" && value.constructor.name !== "" ? `${value.constructor.name} ` : "";
  const noPrototype = value instanceof Object ? "" : "null prototype";
  const string = Symbol.toStringTag in value ? Object.prototype.toString.call(value).slice(8, -1) : noPrototype === "" ? "" : "Object";
  const inner = [string, noPrototype].filter((part) => part !== "").join(": ");
  return name + (inner === "" ? "" : `[${inner}] `);
}

/** @param {string[]} parts @param {Place} inside */
function lines(parts, inside) {
  if (inside.flat) return ` ${parts.join(", ")} `;
  const before = `\n${"  ".repeat(inside.depth)}`;
  return `${before}${parts.join(`,${before}`)}\n${"  ".repeat(inside.depth - 1)}`;
}

const Escapes = new Map([["\b", "\\b"], ["\t", "\\t"], ["\n", "\\n"], ["\f", "\\f"], ["\r", "\\r"]]);

/** @param {string} text @returns {string} */
function quoted(text) {
  if (text.length > MostCharacters) {
    const more = text.length - MostCharacters;
    return `${quoted(text.slice(0, MostCharacters))}... ${more} more character${more === 1 ? "" : "s"}`;
  }
  const escaped = text
    .replace(/(['\\])/g, "\\$1")
    .replace(/[\x00-\x1f]/g, (letter) => Escapes.get(letter) ?? `\\x${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
  return `'${escaped}'`;
}
