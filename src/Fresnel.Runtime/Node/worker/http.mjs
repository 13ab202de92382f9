// @ts-check
// HTTP actions: a real Request for the router, and the Response that comes back, both bodies streamed: spec/function-runtime.md §5.5.
// Bodies flow by credit: each side sends what the other has said it has room for.
import { Kind } from "./frames.mjs";
import { RealAbortController, RealReadableStream, RealURL, clearTimer, min, realBuffer, runAs, setTimer, toJson } from "./host.mjs";
import { fetchClass } from "./fetching.mjs";

const Piece = 64 * 1024;
const RequestWindow = 256 * 1024;
const MostDropped = 20 * 1024 * 1024;

/**
 * What the engine says of a request.
 * @typedef {object} RequestHead
 * @property {string} method
 * @property {string} url What the client asked for.
 * @property {[string, string][]} headers
 * @property {boolean} hasBody
 * @property {number} headTime Milliseconds for which a body that nobody gets (HEAD) is read.
 * @property {number} window Bytes of the answer that may be sent before the engine has taken any.
 */

/** @typedef {import("./invocation.mjs").Invocation} Invocation */
/** @typedef {Pick<import("./link.mjs").Link, "frame" | "text">} FrameLink */

/** One request and its answer. */
export class HttpExchange {
  #link;
  #invocation;
  #head;
  #abort = new RealAbortController();
  /** Of the request's body. @type {ReadableStreamDefaultController<Uint8Array> | null} */
  #body = null;
  /** Bytes that were asked for and have not come. */
  #demanded = 0;
  /** Bytes of the answer that may be sent. */
  #credit;
  /** Lets the pump go on when there is credit. @type {(() => void) | null} */
  #resume = null;
  /** What was matched. @type {string | null} */
  #route = null;
  /** The rest of the answer, under way. @type {Promise<void> | null} */
  #answer = null;
  /** Reads the answer. @type {ReadableStreamDefaultReader<unknown> | null} */
  #reader = null;

  /**
   * @param {FrameLink} link
   * @param {Invocation} invocation
   * @param {RequestHead} head
   */
  constructor(link, invocation, head) {
    this.#link = link;
    this.#invocation = invocation;
    this.#head = head;
    this.#credit = head.window;
  }

  /**
   * Lets the router answer; completes when the answer has ended.
   * @param {unknown} router The default export of `http.js`.
   */
  async run(router) {
    if (!RealURL.canParse(this.#head.url)) return this.#refuse();
    const { lookup, runRequest } = /** @type {any} */ (router);
    // What is routed is the path that the function sees.
    const path = new RealURL(this.#head.url).pathname;
    const match = lookup(path, this.#head.method);
    if (match === null) {
      this.respond(new (fetchClass("Response"))("No matching routes found", { status: 404 }));
    } else {
      this.#route = String(match[2]);
      await runRequest("{}", path);
    }
    await this.#answer;
  }

  /** The client sent what is no address: that is its mistake, and no function's. */
  #refuse() {
    const text = toJson({ code: "BadRequest", message: "The Host header or the path of the request is malformed." });
    this.respond(new (fetchClass("Response"))(text, { status: 400, headers: { "Content-Type": "application/json" } }));
    return this.#answer;
  }

  /** The request, for the function. */
  makeRequest() {
    const { url, method, headers, hasBody } = this.#head;
    const body = hasBody ? this.#makeBody() : undefined;
    return new (fetchClass("Request"))(url, { method, headers, body, duplex: "half", signal: this.#abort.signal });
  }

  #makeBody() {
    return new RealReadableStream(
      {
        start: (/** @type {ReadableStreamDefaultController<Uint8Array>} */ controller) => {
          this.#body = controller;
        },
        pull: (/** @type {ReadableStreamDefaultController<Uint8Array>} */ controller) => this.#demand(controller.desiredSize ?? 0),
        cancel: () => {
          this.#body = null;
        },
      },
      { highWaterMark: RequestWindow, size: (/** @type {Uint8Array} */ chunk) => chunk.byteLength },
    );
  }

  /** @param {number} room */
  #demand(room) {
    const more = room - this.#demanded;
    if (more <= 0 || this.#invocation.closed) return;
    this.#demanded += more;
    this.#link.frame(Kind.demand, this.#invocation.id, 4, (bytes, at) => bytes.writeUInt32LE(more, at));
  }

  /** Some of the request's body has come. @param {Uint8Array} bytes */
  take(bytes) {
    this.#demanded -= bytes.length;
    this.#body?.enqueue(bytes);
  }

  /** The request's body has ended. @param {string} error Why it is not whole; empty when it is. */
  takeEnd(error) {
    if (error === "") this.#body?.close();
    else this.#body?.error(new TypeError(error));
    this.#body = null;
  }

  /** The client has gone. What is under way goes on. Listeners are the function's own code, and run as it. */
  takeAbort() {
    runAs(this.#invocation, () => this.#abort.abort());
  }

  /** The rest of the answer is not wanted: what streams it is told to stop. */
  takeStop() {
    runAs(this.#invocation, () => this.#reader?.cancel().catch(() => {}));
  }

  /** The engine has taken some of the answer. @param {number} bytes */
  takeCredit(bytes) {
    this.#credit += bytes;
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }

  /** Sends an answer, its body as it comes. @param {unknown} response */
  respond(response) {
    const { status, headers, body } = read(response);
    if (this.#answer !== null) throw new Error("An HTTP action answers once.");
    this.#link.text(Kind.responseHead, this.#invocation.id, toJson({ status, headers, route: this.#route }));
    this.#answer = body === null ? Promise.resolve() : this.#pump(body);
    // Whoever waits for it gets its failure; until then it is nobody's.
    this.#answer.catch(() => {});
  }

  /** @param {ReadableStream<unknown>} body */
  async #pump(body) {
    const reader = body.getReader();
    this.#reader = reader;
    if (this.#head.method === "HEAD") return this.#drop(reader);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (!(value instanceof Uint8Array)) throw new TypeError("The body of a Response streams bytes (Uint8Array); use a TextEncoder or a TextEncoderStream for text.");
      await this.#send(value);
    }
  }

  /** Reads a body that nobody gets, so that what feeds it goes on; but not for ever. @param {ReadableStreamDefaultReader<unknown>} reader */
  async #drop(reader) {
    const timer = setTimer(() => this.takeStop(), this.#head.headTime);
    let dropped = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        dropped += value instanceof Uint8Array ? value.length : 0;
        if (dropped > MostDropped) this.takeStop();
      }
    } finally {
      clearTimer(timer);
    }
  }

  /** @param {Uint8Array} value */
  async #send(value) {
    const bytes = realBuffer.from(value.buffer, value.byteOffset, value.byteLength);
    for (let at = 0; at < bytes.length;) {
      while (this.#credit <= 0) await new Promise((/** @type {(value: void) => void} */ resolve) => (this.#resume = resolve));
      const end = at + min(bytes.length - at, Piece, this.#credit);
      const piece = bytes.subarray(at, end);
      this.#credit -= piece.length;
      if (!this.#invocation.closed) this.#link.frame(Kind.responseBody, this.#invocation.id, piece.length, (to, start) => start + piece.copy(to, start));
      at = end;
    }
  }
}

/**
 * Reads an answer by the real accessors, whatever was done to the object.
 * @param {unknown} response
 * @returns {{ status: number, headers: [string, string][], body: ReadableStream<unknown> | null }}
 */
function read(response) {
  const Response = fetchClass("Response");
  if (!(response instanceof Response)) throw new Error("An HTTP action must return a Response.");
  /** @param {string} name */
  const get = (name) => /** @type {any} */ (Object.getOwnPropertyDescriptor(Response.prototype, name)?.get).call(response);
  const status = get("status");
  if (status < 200) throw new Error(`An HTTP action cannot answer with the status ${status}.`);
  if (get("bodyUsed")) throw new Error("The body of the Response was read already.");
  const body = get("body");
  if (body?.locked) throw new Error("The body of the Response is being read already.");
  return { status, headers: [...get("headers")], body };
}
