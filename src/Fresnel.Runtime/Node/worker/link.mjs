// @ts-check
// The worker's socket to the engine. Whatever is written during a turn leaves in one write at its end.
import { connect } from "node:net";
import { realBuffer, setSoon, toJson } from "./host.mjs";
import { FrameReader, FrameWriter, Kind } from "./frames.mjs";

export class Link {
  #reader = new FrameReader();
  #writer = new FrameWriter();
  #socket;
  #take;
  #scheduled = false;

  /**
   * @param {string} address A path, or a port of the loopback interface.
   * @param {object} hello
   * @param {(kind: number, invocation: number, payload: Buffer) => void} take
   * @param {() => void} closed
   */
  constructor(address, hello, take, closed) {
    this.#socket = /^\d+$/.test(address) ? connect(Number(address), "127.0.0.1") : connect(address);
    this.#take = take;
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => this.text(Kind.hello, 0, toJson(hello)));
    this.#socket.on("data", (chunk) => this.#read(/** @type {Buffer} */ (chunk)));
    this.#socket.on("error", closed);
    this.#socket.on("close", closed);
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    this.#scheduled = true; // Nobody else flushes during the turn.
    try {
      this.#reader.read(chunk, this.#take);
    } catch (error) {
      // What a function's listener throws comes through here, on its way to Node and back to the worker. The frames behind wait for nothing else.
      setSoon(() => this.#read(realBuffer.alloc(0)));
      throw error;
    } finally {
      this.flush();
    }
  }

  /** @param {number} kind @param {number} invocation @param {string} text */
  text(kind, invocation, text) {
    this.#writer.text(kind, invocation, text);
    this.#schedule();
  }

  /**
   * @param {number} kind
   * @param {number} invocation
   * @param {number} size
   * @param {(bytes: Buffer, at: number) => number} write
   */
  frame(kind, invocation, size, write) {
    this.#writer.frame(kind, invocation, size, write);
    this.#schedule();
  }

  /** Sends what was collected. */
  flush() {
    this.#scheduled = false;
    if (this.#writer.length > 0) this.#socket.write(this.#writer.take());
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setSoon(() => this.flush());
  }
}
