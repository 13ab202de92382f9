// @ts-check
// Posted writes: the library throws away what the engine answers to a patch, a replacement or a deletion, so the function goes on without waiting for it.
// If the engine refuses one after all, it runs the function again, which then waits for each write and sees the error where it belongs.

/** What may be posted. */
const Postable = new Set(["1.0/shallowMerge", "1.0/replace", "1.0/remove"]);

/** How many may be posted, and how many characters of arguments, before the engine was heard again. */
const MostPosts = 64;
const MostCharacters = 256 * 1024;

const Answer = "null";

/** The posted writes of one invocation. */
export class Posts {
  /** Those whose promise is not settled yet. @type {((text: string) => void)[]} */
  #waiting = [];
  #sent = 0;
  #characters = 0;
  #isAllowed;

  /** @param {boolean} isAllowed Whether the engine takes any. */
  constructor(isAllowed) {
    this.#isAllowed = isAllowed;
  }

  /** How many promises wait. */
  get size() {
    return this.#waiting.length;
  }

  /** Whether another one may be posted. @param {string} operation @param {string} args */
  takes(operation, args) {
    return this.#isAllowed && Postable.has(operation) && this.#sent < MostPosts && this.#characters + args.length <= MostCharacters;
  }

  /** One was posted. Its promise is settled when its code has nothing else to do, as if the engine had answered. @param {string} args @returns {Promise<string>} */
  add(args) {
    this.#sent++;
    this.#characters += args.length;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Settles the promises, in the order of the writes. Says whether there were any. */
  settle() {
    if (this.#waiting.length === 0) return false;
    for (const resolve of this.#waiting.splice(0)) resolve(Answer);
    return true;
  }

  /** The engine was heard, so it has done what was posted. */
  heard() {
    this.#sent = 0;
    this.#characters = 0;
  }
}

const Mentions = /asyncSyscall/g;
const Library = /Convex\.asyncSyscall\s*===|=\s*await Convex\.asyncSyscall\([\w$]+,\s*JSON\.stringify\([\w$]+\)\)/g;

/**
 * Whether code makes syscalls by hand, so that it may look at the answer to a write.
 * @param {string} source
 */
export function makesSyscalls(source) {
  return count(source, Mentions) > count(source, Library);
}

/** @param {string} source @param {RegExp} pattern */
function count(source, pattern) {
  return source.match(pattern)?.length ?? 0;
}
