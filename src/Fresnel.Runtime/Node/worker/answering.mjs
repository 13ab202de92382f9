// @ts-check
// What the worker answers in the engine's stead, in its place: syscalls are answered in the order they were made, whoever answers them.

/** @typedef {import("./invocation.mjs").Pending} Pending */

/** Syscalls of one invocation that have their answer, and whose code was not told yet. */
export class OwnAnswers {
  /** In the order of the syscalls. @type {{ place: number, text: string, resolve: (text: string) => void }[]} */
  #waiting = [];
  #pending;

  /** @param {Map<number, Pending>} pending What the engine was asked for and has not answered, by number and so in order. */
  constructor(pending) {
    this.#pending = pending;
  }

  /** How many wait. */
  get size() {
    return this.#waiting.length;
  }

  /**
   * An answer that is there already. Without anything before it that waits, it is told at once.
   * @param {string} text
   * @param {number} place The number that the engine's next syscall will have.
   * @returns {Promise<string>}
   */
  give(text, place) {
    return this.#waiting.length === 0 && this.#pending.size === 0 ? Promise.resolve(text) : this.postpone(text, place);
  }

  /**
   * An answer that is told when the code has nothing else to do, as if it had come from the engine.
   * @param {string} text
   * @param {number} place
   * @returns {Promise<string>}
   */
  postpone(text, place) {
    return new Promise((resolve) => this.#waiting.push({ place, text, resolve }));
  }

  /** Tells the first that waits, unless the engine has still to answer what was asked before. Says whether there was one. */
  settle() {
    const first = this.#waiting[0];
    if (first === undefined || first.place > this.#oldest()) return false;
    this.#waiting.shift();
    first.resolve(first.text);
    return true;
  }

  #oldest() {
    for (const sequence of this.#pending.keys()) return sequence;
    return Infinity;
  }
}
