// @ts-check
// Randomness as functions see it: spec/function-runtime.md §5.1. Queries and mutations draw from their seed, modules that are imported from that of the push.
import { createRequire } from "node:module";
import { awaited } from "./events.mjs";
import { currentInvocation, realBuffer, realCrypto, realRandom } from "./host.mjs";
import { own } from "./globals.mjs";
import { SeededRandom } from "./random.mjs";
import { importRefusal, refusal } from "./refusals.mjs";

/** Algorithms whose encryption draws bits that are not the seed's. */
const Padding = "RSA-OAEP";
/** Algorithms whose signatures differ each time. */
const Varying = ["ECDSA", "RSA-PSS"];

/** @param {string} seed Of the push, as base64. */
export function installChance(seed) {
  const importRandom = new SeededRandom(realBuffer.from(seed, "base64"));

  /** The stream to draw from, or null for the real one. */
  function seeded() {
    const invocation = currentInvocation();
    if (invocation === null) return importRandom;
    return invocation.deterministic ? invocation.random : null;
  }

  const random = () => {
    const stream = seeded();
    return stream === null ? realRandom() : stream.fraction();
  };
  own(Math, "random", random, "Math.random");
  own(globalThis, "Math", Math);
  adaptCrypto(seeded);
  adaptSubtle();
  own(globalThis, "crypto", realCrypto);
  for (const name of ["Crypto", "CryptoKey", "SubtleCrypto"]) own(globalThis, name, /** @type {any} */ (globalThis)[name]);
  adaptBoundaries(seeded);
}

/** @param {() => SeededRandom | null} seeded */
function adaptCrypto(seeded) {
  const prototype = /** @type {Crypto} */ (Object.getPrototypeOf(realCrypto));
  const { getRandomValues, randomUUID } = prototype;
  prototype.getRandomValues = /** @this {Crypto} @param {any} array */ function (array) {
    const stream = seeded();
    // The real one also says what is wrong with an argument.
    if (stream === null || this !== realCrypto || !isFillable(array)) return getRandomValues.call(this, array);
    stream.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };
  prototype.randomUUID = /** @this {Crypto} */ function () {
    const stream = seeded();
    if (stream === null || this !== realCrypto) return randomUUID.call(this);
    const bytes = realBuffer.alloc(16);
    stream.fill(bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return /** @type {ReturnType<Crypto["randomUUID"]>} */ (bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
  };
}

/** @param {unknown} array */
const isFillable = (array) =>
  ArrayBuffer.isView(array) && !(array instanceof DataView) && !(array instanceof Float32Array) && !(array instanceof Float64Array) && array.byteLength <= 65_536;

function adaptSubtle() {
  const prototype = Object.getPrototypeOf(realCrypto.subtle);
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const real = prototype[name];
    if (name === "constructor" || typeof real !== "function") continue;
    prototype[name] = {
      /** @this {SubtleCrypto} @param {unknown[]} values */
      [name](...values) {
        const invocation = currentInvocation();
        if (drawsBits(name, values)) {
          if (invocation === null) return Promise.reject(importRefusal("cryptographic randomness"));
          if (invocation.deterministic) return Promise.reject(refusal("cryptographic randomness"));
        }
        if (invocation !== null && name === "sign" && Varying.includes(algorithmOf(values[0]))) invocation.observedTime = true;
        return awaited(invocation, real.apply(this, values));
      },
    }[name];
  }
}

/** Whether an operation needs bits that nobody can foresee. @param {string} name @param {unknown[]} values */
function drawsBits(name, values) {
  if (name === "generateKey") return true;
  return algorithmOf(name === "encrypt" ? values[0] : name === "wrapKey" ? values[3] : null) === Padding;
}

/** @param {unknown} algorithm A name, or an object that has one. */
function algorithmOf(algorithm) {
  const name = typeof algorithm === "object" && algorithm !== null && "name" in algorithm ? algorithm.name : algorithm;
  return typeof name === "string" ? name.toUpperCase() : "";
}

/** The boundary between the parts of a form is a random number, which Node draws here. @param {() => SeededRandom | null} seeded */
function adaptBoundaries(seeded) {
  const crypto = createRequire(import.meta.url)("node:crypto");
  const { randomInt } = crypto;
  /** @param {number} least @param {number} end */
  crypto.randomInt = (least, end, /** @type {any[]} */ ...rest) => {
    const stream = typeof end === "number" ? seeded() : null;
    return stream === null ? randomInt(least, end, ...rest) : least + Math.floor(stream.fraction() * (end - least));
  };
}
