// @ts-check
// Query streams: the engine hands out documents ahead of those that were asked for, and the function is given them here, without asking again.
// The engine counts as read only what the function was given, so it is told of that before anything else.

import { parseJson, realBuffer } from "./host.mjs";

const AsLibrary = /^\{"queryId":(\d{1,9})\}$/;
const End = '{"value":null,"done":true}';

/** One query stream of an invocation. */
export class Stream {
  /** The reply that came last: it holds the documents ahead. @type {Buffer | null} */
  #bytes = null;
  /** Where the next document begins, and where the lengths of those ahead lie. */
  #at = 0;
  #lengths = 0;
  #count = 0;
  #isEnd = false;

  /** How many were given that the engine does not know of. */
  given = 0;

  /** Requests under way: until they are answered only the engine knows what comes next. */
  #asking = 0;

  /** How often the function wrote: what was asked for before holds, and what was handed out with it does not. */
  #version = 0;

  /** The engine is asked. Returns what its answer is to be taken with. */
  ask() {
    this.#asking++;
    return this.#version;
  }

  /** The engine answered. */
  answered() {
    this.#asking--;
  }

  /**
   * Takes what the engine handed out, and returns the first of it.
   * @param {Buffer} payload `u32 sequence | u8 end | u32 count | u32 length of each | each`
   * @param {number} version What `ask` returned.
   */
  take(payload, version) {
    this.answered();
    this.#count = payload.readUInt32LE(5);
    this.#isEnd = payload[4] === 1;
    this.#lengths = 9;
    this.#at = 9 + 4 * this.#count;
    if (this.#count === 0) {
      // The engine has closed it: who asks again is told so.
      this.#isEnd = false;
      return End;
    }
    // The payload is only lent.
    this.#bytes = payload;
    const first = this.#next();
    if (version !== this.#version) this.drop();
    if (this.#count > 0) this.#bytes = realBuffer.from(payload);
    return first;
  }

  /** The next document that is at hand, or null when the engine must be asked. */
  give() {
    if (this.#asking > 0 || (this.#count === 0 && !this.#isEnd)) return null;
    this.given++;
    if (this.#count > 0) return this.#next();
    this.#isEnd = false;
    return End;
  }

  /** The function writes: what was handed out may not hold any more. */
  drop() {
    this.#version++;
    this.#count = 0;
    this.#isEnd = false;
    this.#bytes = null;
  }

  #next() {
    const bytes = /** @type {Buffer} */ (this.#bytes);
    const from = this.#at;
    this.#at += bytes.readUInt32LE(this.#lengths);
    this.#lengths += 4;
    this.#count--;
    return bytes.toString("utf8", from, this.#at);
  }
}

/** The query streams of one invocation. */
export class Streams {
  /** @type {Map<number, Stream>} */
  #open = new Map();
  #opened = 0;

  /** Opens one and returns its number. */
  open() {
    this.#open.set(this.#opened, new Stream());
    return this.#opened++;
  }

  /** @param {unknown} queryId Whether a stream ever had this number. */
  wasOpened(queryId) {
    return Number.isInteger(queryId) && /** @type {number} */ (queryId) >= 0 && /** @type {number} */ (queryId) < this.#opened;
  }

  /** @param {number} queryId */
  get(queryId) {
    return this.#open.get(queryId);
  }

  /** @param {number} queryId */
  close(queryId) {
    this.#open.delete(queryId);
  }

  /** The function writes. */
  drop() {
    for (const stream of this.#open.values()) stream.drop();
  }

  /** Tells how many documents were given that the engine does not know of. @param {(queryId: number, count: number) => void} tell */
  report(tell) {
    for (const [queryId, stream] of this.#open) {
      if (stream.given > 0) tell(queryId, stream.given);
      stream.given = 0;
    }
  }
}

/**
 * The number of a query in the arguments of `1.0/queryStreamNext`, however they are spelled: code may make them by hand. Null for what is no number; the engine says what is wrong with it.
 * @param {string} args
 * @returns {number | null}
 */
export function queryIdOf(args) {
  const asLibrary = AsLibrary.exec(args);
  if (asLibrary !== null) return +asLibrary[1];
  try {
    const { queryId } = parseJson(args);
    return Number.isInteger(queryId) ? queryId : null;
  } catch {
    return null;
  }
}
