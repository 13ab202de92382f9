// @ts-check
// The wire between the engine and a worker: `u32 length | u8 kind | u64 invocation | payload`, little endian.
// `length` counts what follows it. `Frames.cs` is the other end; the kinds there and here are one list.
import { Buffer } from "node:buffer";
import { floor, max } from "./host.mjs";

export const Kind = Object.freeze({
  // engine → worker
  setup: 1,
  invoke: 2,
  reply: 3,
  terminate: 4,
  analyze: 5,
  requestBody: 6,
  requestEnd: 7,
  credit: 8,
  abort: 9,
  stop: 10,
  rows: 11,
  // worker → engine
  hello: 64,
  syscall: 65,
  openQuery: 66,
  closeQuery: 67,
  log: 68,
  result: 69,
  importing: 70,
  terminated: 71,
  analysis: 72,
  retire: 73,
  responseHead: 74,
  responseBody: 75,
  demand: 76,
  next: 77,
  consumed: 78,
  post: 79,
});

const Prefix = 4;
const Head = 9;
const Capacity = 64 * 1024;
const SmallTurn = 16 * 1024;

/** Cuts a byte stream into frames. */
export class FrameReader {
  /** What has come of a frame that is not whole yet. @type {Buffer[]} */
  #pieces = [];
  #held = 0;
  #needed = Prefix;

  /**
   * Calls `take` for every complete frame of what has arrived.
   * @param {Buffer} chunk
   * @param {(kind: number, invocation: number, payload: Buffer) => void} take The payload is only valid during the call.
   */
  read(chunk, take) {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    // Joined once it is whole: joining at every read would cost a large frame the square of its length.
    if (this.#held < this.#needed) return;
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces, this.#held);
    let at = 0;
    this.#needed = Prefix;
    try {
      while (bytes.length - at >= Prefix) {
        const end = at + Prefix + bytes.readUInt32LE(at);
        if (end > bytes.length) {
          this.#needed = end - at;
          break;
        }
        const head = at + Prefix;
        const invocation = bytes.readUInt32LE(head + 1) + bytes.readUInt32LE(head + 5) * 0x1_0000_0000;
        at = end;
        take(bytes[head], invocation, bytes.subarray(head + Head, end));
      }
    } finally {
      // Also when `take` throws: a frame is taken once, and those behind it at the next call.
      this.#held = bytes.length - at;
      // A copy when little is left over: a slice would keep the whole read alive.
      this.#pieces = this.#held === 0 ? [] : [this.#held < 4096 ? Buffer.from(bytes.subarray(at)) : bytes.subarray(at)];
    }
  }
}

/** Collects the frames of a turn, so that they leave in one write. */
export class FrameWriter {
  #bytes = Buffer.allocUnsafe(Capacity);
  #used = 0;

  /** How much waits. */
  get length() {
    return this.#used;
  }

  /**
   * @param {number} kind
   * @param {number} invocation
   * @param {number} size Bytes of the payload at most.
   * @param {(bytes: Buffer, at: number) => number} write Writes the payload and returns its end.
   */
  frame(kind, invocation, size, write) {
    const at = this.#used;
    this.#reserve(Prefix + Head + size);
    const bytes = this.#bytes;
    bytes[at + Prefix] = kind;
    bytes.writeUInt32LE(invocation >>> 0, at + Prefix + 1);
    bytes.writeUInt32LE(floor(invocation / 0x1_0000_0000), at + Prefix + 5);
    const end = write(bytes, at + Prefix + Head);
    bytes.writeUInt32LE(end - at - Prefix, at);
    this.#used = end;
  }

  /**
   * A frame whose payload is text.
   * @param {number} kind
   * @param {number} invocation
   * @param {string} text
   */
  text(kind, invocation, text) {
    this.frame(kind, invocation, text.length * 3, (bytes, at) => at + bytes.write(text, at));
  }

  /** Hands over what was collected and starts afresh. */
  take() {
    const bytes = this.#bytes.subarray(0, this.#used);
    this.#used = 0;
    // Most turns are small: a copy costs less than another buffer.
    if (bytes.length <= SmallTurn) return Buffer.from(bytes);
    this.#bytes = Buffer.allocUnsafe(Capacity);
    return bytes;
  }

  /** @param {number} more */
  #reserve(more) {
    if (this.#used + more <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(max(this.#bytes.length * 2, this.#used + more));
    this.#bytes.copy(wider, 0, 0, this.#used);
    this.#bytes = wider;
  }
}
