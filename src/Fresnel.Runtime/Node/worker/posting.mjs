// @ts-check
// Posted writes: the library throws away what the engine answers to a patch, a replacement or a deletion, so the function goes on without waiting for it.
// If the engine refuses one after all, it runs the function again, which then waits for each write and sees the error where it belongs.

/** What may be posted. */
const Postable = new Set(["1.0/shallowMerge", "1.0/replace", "1.0/remove"]);

/** How many may be posted, and how many characters of arguments, before the engine was heard again. */
const MostPosts = 64;
const MostCharacters = 256 * 1024;

/** What the library throws away. */
export const PostAnswer = "null";

/** The posted writes of one invocation. */
export class Posts {
  #sent = 0;
  #characters = 0;
  #isAllowed;

  /** @param {boolean} isAllowed Whether the engine takes any. */
  constructor(isAllowed) {
    this.#isAllowed = isAllowed;
  }

  /** Whether another one may be posted. @param {string} operation @param {string} args */
  takes(operation, args) {
    return this.#isAllowed && Postable.has(operation) && this.#sent < MostPosts && this.#characters + args.length <= MostCharacters;
  }

  /** One was posted. @param {string} args */
  add(args) {
    this.#sent++;
    this.#characters += args.length;
  }

  /** The engine was heard, so it has done what was posted. */
  heard() {
    this.#sent = 0;
    this.#characters = 0;
  }
}

// The library names it twice: it asks whether there is one, and calls it, in a way that few would write by hand; so few that whoever wraps it otherwise is found.
const Mentions = /asyncSyscall/g;
const Library = new RegExp([
  String.raw`Convex\.asyncSyscall\s*===`,
  String.raw`try\s*\{\s*[\w$]+\s*=\s*await Convex\.asyncSyscall\([\w$]+,\s*JSON\.stringify\([\w$]+\)\);?\s*\}\s*catch\s*\(([\w$]+)\)\s*\{\s*(?:if\s*\(|throw )\1\.data\s*!==`,
].join("|"), "g");

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
