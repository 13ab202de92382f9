// @ts-check
// One run of one function: what it is, what it waits for, and what it did.
import { OwnAnswers } from "./answering.mjs";
import { clearTimer, realBuffer } from "./host.mjs";
import { realmEvents } from "./events.mjs";
import { Posts } from "./posting.mjs";
import { SeededRandom } from "./random.mjs";
import { Streams } from "./streams.mjs";

/** @typedef {"query" | "mutation" | "action" | "http"} InvocationKind */

/**
 * What the engine says of an invocation before its arguments.
 * @typedef {object} InvocationHeader
 * @property {InvocationKind} kind
 * @property {boolean} node Whether the module begins with "use node".
 * @property {string} module With `.js`.
 * @property {string} export
 * @property {string} requestId
 * @property {number} now Unix milliseconds at the start.
 * @property {import("./http.mjs").RequestHead} [http] The request that an HTTP action answers.
 * @property {string} [seed] 32 bytes as base64; queries and mutations.
 * @property {string} [snapshot] The snapshot's timestamp as base64 of 8 bytes; queries and mutations.
 * @property {boolean} [moving] Whether the snapshot may move forward as long as neither it nor the time was told: mutations, and what they call.
 * @property {boolean} [posts] Whether writes may be posted.
 * @property {Record<string, number>} [tables] Table numbers by name, when they changed since the last invocation.
 */

/** @typedef {{ resolve: (text: string) => void, reject: (error: Error) => void, operation: string, stream?: import("./streams.mjs").Stream, version?: number }} Pending */

export class Invocation {
  /** The result was sent, or the engine gave up: what its code still does reaches nobody. */
  closed = false;

  /** Set once user code was entered. */
  started = false;

  /** Milliseconds in user code. */
  userTime = 0;

  /** Whether it read the clock or randomness. */
  observedTime = false;

  /** Syscalls that wait for their replies. @type {Map<number, Pending>} */
  pending = new Map();
  nextSyscall = 0;

  /** Syscalls that the worker answers itself. */
  answers = new OwnAnswers(this.pending);

  /** Its query streams. */
  streams = new Streams();

  /** Asynchronous work that the worker does for it without the engine: digests, fetches. */
  working = 0;

  /** Fetches under way, for the warning about unawaited operations. */
  fetches = 0;

  /** Numbers of tables that this mutation created. @type {Map<string, number>} */
  newTables = new Map();

  /** Globals that its code replaced. @type {Map<string, unknown> | null} */
  replaced = null;

  /** Environment variables that its code wrote; undefined for deleted ones. @type {Map<string, string | undefined> | null} */
  variables = null;

  /** Its timers by number. @type {Map<number, NodeJS.Timeout>} */
  timers = new Map();
  nextTimer = 1;

  /** @type {import("./console.mjs").Journal | null} */
  journal = null;

  /** What it returned, until it is told. @type {string | null} */
  outcome = null;

  /** The request that an HTTP action answers. @type {import("./http.mjs").HttpExchange | null} */
  http = null;

  /** When it was found waiting for nothing. */
  quietSince = 0;

  /** Whether the engine may move its snapshot forward. */
  #isMoving;

  /** @type {SeededRandom | null} */
  #random = null;

  /**
   * @param {number} id
   * @param {InvocationHeader} header
   * @param {string} args
   * @param {Record<string, number>} tables
   * @param {number} startedAt Elapsed milliseconds.
   */
  constructor(id, header, args, tables, startedAt) {
    this.id = id;
    this.kind = header.kind;
    this.node = header.node;
    this.module = header.module;
    this.exportName = header.export;
    this.requestId = header.requestId;
    this.now = header.now;
    this.seed = header.seed;
    this.snapshot = header.snapshot;
    this.#isMoving = header.moving ?? false;
    /** Its writes that nobody waits for. */
    this.posts = new Posts(header.posts ?? false);
    this.args = args;
    this.tables = tables;
    this.startedAt = startedAt;
    /** Queries and mutations: frozen time, seeded randomness, no I/O. */
    this.deterministic = header.kind === "query" || header.kind === "mutation";
  }

  /** Its code is told the time or the timestamp of its snapshot: from here on both stay. */
  tellTime() {
    this.observedTime = true;
    if (!this.#isMoving || this.closed) return;
    this.#isMoving = false;
    realmEvents.timeTold(this);
  }

  /** Whether its code still goes on: it neither returned nor ended otherwise. */
  get isOpen() {
    return !this.closed && this.outcome === null;
  }

  get random() {
    this.observedTime = true;
    return (this.#random ??= new SeededRandom(realBuffer.from(this.seed ?? "", "base64")));
  }

  /** Ends it: pending syscalls never settle, timers never fire. */
  close() {
    this.closed = true;
    this.pending.clear();
    for (const timer of this.timers.values()) clearTimer(timer);
    this.timers.clear();
  }
}
