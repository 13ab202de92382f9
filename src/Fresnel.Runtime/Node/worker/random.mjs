// @ts-check
// Seeded randomness for queries and mutations: the ChaCha20 key stream (RFC 8439) under the invocation's 32-byte seed.

/** @param {number} value @param {number} bits */
const rotate = (value, bits) => (value << bits) | (value >>> (32 - bits));

/** @param {Uint32Array} state @param {number} a @param {number} b @param {number} c @param {number} d */
function quarter(state, a, b, c, d) {
  state[a] += state[b]; state[d] = rotate(state[d] ^ state[a], 16);
  state[c] += state[d]; state[b] = rotate(state[b] ^ state[c], 12);
  state[a] += state[b]; state[d] = rotate(state[d] ^ state[a], 8);
  state[c] += state[d]; state[b] = rotate(state[b] ^ state[c], 7);
}

/** A stream that is the same for the same seed. */
export class SeededRandom {
  #input = new Uint32Array(16);
  #block = new Uint32Array(16);
  #next = 16;

  /** @param {Uint8Array} seed 32 bytes. */
  constructor(seed) {
    this.#input.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
    for (let word = 0; word < 8; word++) this.#input[4 + word] = view.getUint32(word * 4, true);
  }

  /** 32 bits. */
  word() {
    if (this.#next === 16) this.#refill();
    return this.#block[this.#next++];
  }

  /** From 0 to below 1, with 53 bits. */
  fraction() {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /** @param {Uint8Array} bytes */
  fill(bytes) {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = this.word();
      for (let byte = 0; byte < 4 && at + byte < bytes.length; byte++) bytes[at + byte] = word >>> (8 * byte);
    }
  }

  #refill() {
    const block = this.#block;
    block.set(this.#input);
    for (let round = 0; round < 10; round++) {
      quarter(block, 0, 4, 8, 12); quarter(block, 1, 5, 9, 13); quarter(block, 2, 6, 10, 14); quarter(block, 3, 7, 11, 15);
      quarter(block, 0, 5, 10, 15); quarter(block, 1, 6, 11, 12); quarter(block, 2, 7, 8, 13); quarter(block, 3, 4, 9, 14);
    }
    for (let word = 0; word < 16; word++) block[word] += this.#input[word];
    this.#input[12]++;
    if (this.#input[12] === 0) this.#input[13]++;
    this.#next = 0;
  }
}
