// @ts-check
// Runs invocations. The engine sends frames; each one that lets user code go on is a slice: hand over, run all microtasks, account.
import { journalOf, logSink } from "./console.mjs";
import { Refusal, bundles, describe, installStackTraces, named } from "./errors.mjs";
import { Kind } from "./frames.mjs";
import { HttpExchange } from "./http.mjs";
import { currentInvocation, drain, elapsed, parseJson, realProcess, runAs, setSoon, setTimer, toJson } from "./host.mjs";
import { Invocation } from "./invocation.mjs";
import { limits } from "./limits.mjs";
import { Modules } from "./modules.mjs";
import { installRealm, realmEvents } from "./realm.mjs";
import { Stopwatch } from "./stopwatch.mjs";
import { installSyscalls } from "./syscalls.mjs";
import { unawaited } from "./unawaited.mjs";

// How long an invocation may wait for nothing that the worker knows of. Reading a Blob, say, takes a few turns of the event loop.
const QuietMilliseconds = 300;
const MostResultCharacters = 40_000_000;

/** Bits of a result's flags. */
const Flags = Object.freeze({ ok: 1, observedTime: 2, timedOut: 4 });

/** @typedef {import("./realm.mjs").RealmSettings & { userTime: number, limits: typeof limits }} WorkerSettings */

export class Worker {
  /** @type {Map<number, Invocation>} */
  #invocations = new Map();
  /** @type {Record<string, number>} */
  #tables = {};
  /** Invocations that wait for nothing known. @type {Set<Invocation>} */
  #quiet = new Set();
  #watchingQuiet = false;
  /** Whose slice runs. @type {Invocation | null} */
  #slice = null;
  /** What a slice threw, on its way through Node to where it is told. @type {{ error: unknown, invocation: Invocation } | null} */
  #thrown = null;
  /** Without a way to drain: the invocations of this turn, which share its time. @type {Invocation[]} */
  #turn = [];
  #stopwatch = new Stopwatch();
  #link;
  #modules;
  #userTime;
  #inNode;

  /**
   * @param {import("./link.mjs").Link} link
   * @param {WorkerSettings} settings
   */
  constructor(link, settings) {
    this.#link = link;
    this.#userTime = settings.userTime;
    Object.assign(limits, settings.limits);
    this.#inNode = settings.pool === "node";
    this.#modules = new Modules(settings.folder, (importing) => {
      link.text(Kind.importing, 0, importing ? "1" : "0");
      if (importing) link.flush();
    });
    bundles.folder = settings.folder;
    installStackTraces();
    installSyscalls(this);
    installRealm(settings);
    realmEvents.worked = (invocation) => this.#afterSlice(invocation);
    // The engine's answer is waited for by nobody: it goes on, or runs the function again.
    realmEvents.timeTold = (invocation) => this.syscall(invocation, invocation.nextSyscall++, "1.0/getSnapshotTs", "{}");
    realmEvents.failed = (invocation, error) => this.#fail(invocation, error);
    realmEvents.exit = (event, text) => this.#unhandled(event, new Error(text));
    logSink.write = (invocation, line) => link.text(Kind.log, invocation.id, toJson(line));
    realProcess.on("unhandledRejection", (/** @type {unknown} */ reason) => this.#unhandled("unhandledRejection", reason));
    realProcess.on("uncaughtException", (/** @type {unknown} */ error) => this.#unhandled("uncaughtException", error));
  }

  /**
   * @param {number} kind
   * @param {number} id
   * @param {Buffer} payload
   */
  take(kind, id, payload) {
    switch (kind) {
      case Kind.invoke: return this.#invoke(id, payload);
      case Kind.reply: return this.#reply(id, payload);
      case Kind.rows: return this.#rows(id, payload);
      case Kind.terminate: return this.#terminate(id);
      default: return this.#exchange(kind, id, payload);
    }
  }

  /** @param {number} id @param {Buffer} payload `u32 length of the header | header | arguments` */
  #invoke(id, payload) {
    const end = 4 + payload.readUInt32LE(0);
    /** @type {import("./invocation.mjs").InvocationHeader} */
    const header = parseJson(payload.toString("utf8", 4, end));
    this.#tables = header.tables ?? this.#tables;
    const invocation = new Invocation(id, header, payload.toString("utf8", end), this.#tables, elapsed());
    if (header.http !== undefined) invocation.http = new HttpExchange(this.#link, invocation, header.http);
    this.#invocations.set(id, invocation);
    const namespace = this.#modules.get(header.module);
    if (namespace !== undefined) this.#run(invocation, () => this.#begin(invocation, namespace));
    else this.#loadAndBegin(invocation);
  }

  /** @param {Invocation} invocation */
  async #loadAndBegin(invocation) {
    try {
      const namespace = await this.#modules.load(invocation.module, invocation.node);
      // A turn of its own: microtasks cannot be drained from within one.
      setSoon(() => this.#run(invocation, () => this.#begin(invocation, namespace)));
    } catch (error) {
      this.#fail(invocation, error);
    }
  }

  /** @param {number} id @param {Buffer} payload `u32 sequence | u8 ok | text` */
  #reply(id, payload) {
    this.#answer(id, payload, (pending) => {
      pending.stream?.answered();
      const text = payload.toString("utf8", 5);
      return payload[4] === 1 ? pending.resolve(text) : pending.reject(rejection(text));
    });
  }

  /** @param {number} id @param {Buffer} payload `u32 sequence | rows` */
  #rows(id, payload) {
    this.#answer(id, payload, ({ stream, version, resolve }) => stream !== undefined && resolve(stream.take(payload, version ?? 0)));
  }

  /**
   * The engine answered a syscall, whose code goes on.
   * @param {number} id
   * @param {Buffer} payload It begins with the syscall's number.
   * @param {(pending: import("./invocation.mjs").Pending) => unknown} settle
   */
  #answer(id, payload, settle) {
    const invocation = this.#invocations.get(id);
    const sequence = payload.readUInt32LE(0);
    const pending = invocation?.pending.get(sequence);
    if (invocation === undefined || pending === undefined) return;
    invocation.pending.delete(sequence);
    invocation.posts.heard();
    this.#run(invocation, () => settle(pending));
  }

  /** What concerns a request's body or its answer's. @param {number} kind @param {number} id @param {Buffer} payload */
  #exchange(kind, id, payload) {
    const invocation = this.#invocations.get(id);
    const http = invocation?.http;
    if (invocation === undefined || http === undefined || http === null) return;
    switch (kind) {
      // A copy: the payload is only lent.
      case Kind.requestBody: return this.#run(invocation, () => http.take(new Uint8Array(payload)));
      case Kind.requestEnd: return this.#run(invocation, () => http.takeEnd(payload.toString()));
      case Kind.credit: return this.#run(invocation, () => http.takeCredit(payload.readUInt32LE(0)));
      case Kind.abort: return this.#run(invocation, () => http.takeAbort());
      case Kind.stop: return this.#run(invocation, () => http.takeStop());
    }
  }

  /** @param {number} id */
  #terminate(id) {
    this.#invocations.get(id)?.close();
    this.#invocations.delete(id);
    this.#link.text(Kind.terminated, id, "");
  }

  /**
   * One slice: user code goes on until it waits again.
   * @param {Invocation} invocation
   * @param {() => unknown} work
   */
  #run(invocation, work) {
    if (invocation.closed) return;
    if (drain === null) return this.#runInTurn(invocation, work);
    this.#stopwatch.start();
    this.#slice = invocation;
    try {
      work();
      drain();
      while (invocation.isOpen && invocation.answers.settle()) drain();
    } catch (error) {
      // An event listener threw. It must go on to Node, which has to tidy up behind it, and comes back as an uncaught one.
      this.#thrown = { error, invocation };
      throw error;
    } finally {
      this.#slice = null;
      invocation.userTime += this.#stopwatch.stop();
    }
    this.#afterSlice(invocation);
  }

  /** @param {Invocation} invocation @param {() => unknown} work */
  #runInTurn(invocation, work) {
    if (this.#turn.push(invocation) === 1) {
      this.#stopwatch.start();
      setSoon(() => {
        const share = this.#stopwatch.stop() / this.#turn.length;
        for (const one of this.#turn.splice(0)) {
          one.userTime += share;
          this.#afterSlice(one);
        }
      });
    }
    work();
    while (invocation.isOpen && invocation.answers.settle()) continue;
  }

  /** @param {Invocation} invocation */
  #afterSlice(invocation) {
    if (invocation.closed) return;
    if (invocation.outcome !== null) return this.#deliver(invocation);
    if (!invocation.deterministic || !invocation.started) return;
    if (invocation.userTime > this.#userTime) return this.#send(invocation, Flags.timedOut, "");
    if (invocation.pending.size > 0 || invocation.working > 0) return;
    invocation.quietSince = elapsed();
    this.#quiet.add(invocation);
    this.#watchQuiet();
  }

  #watchQuiet() {
    if (this.#watchingQuiet || this.#quiet.size === 0) return;
    this.#watchingQuiet = true;
    setTimer(() => {
      this.#watchingQuiet = false;
      const now = elapsed();
      for (const invocation of this.#quiet) {
        if (invocation.closed || invocation.pending.size > 0 || invocation.working > 0) this.#quiet.delete(invocation);
        else if (now - invocation.quietSince >= QuietMilliseconds) this.#sendError(invocation, { message: "Returned promise will never resolve", frames: [] });
      }
      this.#watchQuiet();
    }, QuietMilliseconds);
  }

  /**
   * @param {Invocation} invocation
   * @param {import("./modules.mjs").Namespace} namespace
   */
  #begin(invocation, namespace) {
    invocation.started = true;
    return runAs(invocation, async () => {
      try {
        this.#succeed(invocation, await enter(invocation, namespace));
      } catch (error) {
        this.#fail(invocation, error);
      }
    });
  }

  /** @param {Invocation} invocation @param {unknown} value */
  #succeed(invocation, value) {
    if (invocation.closed) return;
    if (typeof value !== "string") return this.#fail(invocation, new Error(`The function's wrapper returned no text`));
    if (value.length > MostResultCharacters) return this.#fail(invocation, new Error(`The return value is too large (${value.length} characters of JSON)`));
    // It is told after the slice, when promises that were rejected and left alone are known.
    invocation.outcome = value;
    if (this.#slice !== invocation) setSoon(() => this.#afterSlice(invocation));
  }

  /** @param {Invocation} invocation */
  #deliver(invocation) {
    this.#send(invocation, Flags.ok, /** @type {string} */ (invocation.outcome));
  }

  /** @param {Invocation} invocation @param {unknown} error */
  #fail(invocation, error) {
    if (!invocation.closed) this.#sendError(invocation, describe(error));
  }

  /** @param {Invocation} invocation @param {import("./errors.mjs").ErrorReport} report */
  #sendError(invocation, report) {
    this.#send(invocation, 0, toJson(report));
  }

  /**
   * The last word of an invocation.
   * @param {Invocation} invocation
   * @param {number} flags
   * @param {string} text
   */
  #send(invocation, flags, text) {
    if (!invocation.deterministic) warnOfUnawaited(invocation);
    this.#report(invocation);
    invocation.close();
    this.#quiet.delete(invocation);
    this.#invocations.delete(invocation.id);
    this.#link.frame(Kind.result, invocation.id, 9 + text.length * 3, (bytes, at) => {
      bytes[at] = flags | (invocation.observedTime ? Flags.observedTime : 0);
      bytes.writeDoubleLE(invocation.userTime, at + 1);
      return at + 9 + bytes.write(text, at + 9);
    });
  }

  /**
   * What nobody caught fails whose it is. A process of Node's that saw any takes no more; of the default runtime's, one whose stack was torn down.
   * @param {string} event
   * @param {unknown} reason
   */
  #unhandled(event, reason) {
    const thrown = this.#thrown;
    this.#thrown = null;
    const retire = this.#inNode || event !== "unhandledRejection";
    const error = this.#inNode ? named(event, reason) : reason;
    if (retire && thrown !== null && thrown.error === reason) return this.#fail(thrown.invocation, error);
    const invocation = currentInvocation() ?? this.#slice;
    if (invocation !== null) this.#fail(invocation, error);
    else if (retire) for (const each of [...this.#invocations.values()]) this.#fail(each, error);
    if (retire) this.#link.text(Kind.retire, 0, "");
  }

  // What the Convex global asks of the engine.

  /** @param {Invocation} invocation @param {number} sequence @param {string} operation @param {string} args */
  syscall(invocation, sequence, operation, args) {
    this.#report(invocation);
    this.#link.frame(Kind.syscall, invocation.id, 6 + (operation.length + args.length) * 3, (bytes, at) =>
      writeOperation(bytes, bytes.writeUInt32LE(sequence, at), operation, args));
  }

  /**
   * Sends a write without a number: no answer comes. Only from within its slice, at whose end the promise is settled, and
   * while nothing waits for the engine, so that it is settled there. Not from a "use node" module: Node loads that, so nobody has looked whether it makes syscalls by hand.
   * @param {Invocation} invocation
   * @param {string} operation
   * @param {string} args
   */
  post(invocation, operation, args) {
    if (this.#slice !== invocation || invocation.pending.size > 0 || invocation.node || this.#modules.makeSyscalls || !invocation.posts.takes(operation, args)) return false;
    invocation.posts.add(args);
    this.#report(invocation);
    this.#link.frame(Kind.post, invocation.id, 2 + (operation.length + args.length) * 3, (bytes, at) => writeOperation(bytes, at, operation, args));
    return true;
  }

  /** @param {Invocation} invocation @param {number} queryId @param {string} args */
  openQuery(invocation, queryId, args) {
    this.#link.frame(Kind.openQuery, invocation.id, 4 + args.length * 3, (bytes, at) => {
      bytes.writeUInt32LE(queryId, at);
      return at + 4 + bytes.write(args, at + 4);
    });
  }

  /** @param {Invocation} invocation @param {number} sequence @param {number} queryId */
  next(invocation, sequence, queryId) {
    this.#report(invocation);
    this.#link.frame(Kind.next, invocation.id, 8, (bytes, at) => bytes.writeUInt32LE(queryId, bytes.writeUInt32LE(sequence, at)));
  }

  /** What is given to the function from documents ahead is read: the engine hears of it before anything that comes after. @param {Invocation} invocation */
  #report(invocation) {
    invocation.streams.report((queryId, count) =>
      this.#link.frame(Kind.consumed, invocation.id, 8, (bytes, at) => bytes.writeUInt32LE(count, bytes.writeUInt32LE(queryId, at))));
  }

  /** @param {Invocation} invocation @param {number} queryId */
  closeQuery(invocation, queryId) {
    this.#report(invocation);
    this.#link.frame(Kind.closeQuery, invocation.id, 4, (bytes, at) => bytes.writeUInt32LE(queryId, at));
  }
}

/** @type {Record<import("./invocation.mjs").InvocationKind, [marker: string, invoke: string]>} */
const Entrances = {
  query: ["isQuery", "invokeQuery"], mutation: ["isMutation", "invokeMutation"], action: ["isAction", "invokeAction"], http: ["isRouter", "runRequest"],
};

/**
 * Calls the function's wrapper.
 * @param {Invocation} invocation
 * @param {import("./modules.mjs").Namespace} namespace
 */
function enter(invocation, namespace) {
  const wrapper = /** @type {any} */ (namespace[invocation.exportName]);
  if (!(invocation.exportName in namespace)) {
    throw new Refusal("InvalidExport", `Couldn't find "${invocation.exportName}" in module "${invocation.module}".`);
  }
  const [marker, invoke] = Entrances[invocation.kind];
  if (wrapper?.[marker] !== true || typeof wrapper[invoke] !== "function") {
    const path = `${invocation.module}:${invocation.exportName}`;
    throw new Refusal("InvalidExport", `Function ${path} is neither a query or mutation. Did you forget to wrap it with \`query\` or \`mutation\`?`);
  }
  if (invocation.http !== null) return invocation.http.run(wrapper).then(() => "null");
  return invocation.kind === "action" ? wrapper[invoke](invocation.requestId, invocation.args) : wrapper[invoke](invocation.args);
}

/**
 * `u16 length of the operation | operation | arguments`
 * @param {Buffer} bytes
 * @param {number} at
 * @param {string} operation
 * @param {string} args
 */
function writeOperation(bytes, at, operation, args) {
  const name = bytes.write(operation, at + 2);
  bytes.writeUInt16LE(name, at);
  return at + 2 + name + bytes.write(args, at + 2 + name);
}

/** @param {string} text */
function rejection(text) {
  const { message, data } = parseJson(text);
  return data === undefined ? new Error(message) : Object.assign(new Error(message), { data });
}

/** An action ends, well or not, and something that it began is still under way. @param {Invocation} invocation */
function warnOfUnawaited(invocation) {
  const operations = [...invocation.pending.values()].map((pending) => pending.operation);
  for (let at = 0; at < invocation.fetches; at++) operations.push("fetch");
  if (operations.length > 0) for (const warning of unawaited(operations, invocation.node)) journalOf(invocation).add("WARN", warning);
}
