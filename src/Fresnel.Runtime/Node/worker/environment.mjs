// @ts-check
// process.env: a lookup by name, which in the default runtime cannot be enumerated. What an invocation writes is seen by it alone.
import { currentInvocation } from "./host.mjs";

/** Thrown where an unset variable must not be read. */
export class MissingVariable extends Error {
  /** @param {string} variable */
  constructor(variable) {
    super(`Environment variable ${variable} is used in auth config file but its value was not set`);
    this.variable = variable;
  }
}

/**
 * @param {Record<string, string>} variables
 * @param {object} options
 * @param {boolean} [options.strict] Whether reading an unset variable throws.
 * @param {boolean} [options.listed] Whether names can be enumerated.
 */
export function makeEnvironment(variables, { strict = false, listed = false }) {
  const known = new Map(Object.entries(variables));
  /** @type {Map<string, string | undefined>} */
  const writtenAtImport = new Map();

  /** @param {string} name */
  function read(name) {
    const own = currentInvocation()?.variables;
    if (own?.has(name)) return own.get(name);
    return writtenAtImport.has(name) ? writtenAtImport.get(name) : known.get(name);
  }

  /** @param {string} name @param {string | undefined} value */
  function write(name, value) {
    const invocation = currentInvocation();
    if (invocation === null) writtenAtImport.set(name, value);
    else (invocation.variables ??= new Map()).set(name, value);
    return true;
  }

  const names = () => [...new Set([...known.keys(), ...writtenAtImport.keys(), ...(currentInvocation()?.variables?.keys() ?? [])])].filter((name) => read(name) !== undefined);

  return new Proxy(Object.create(null), {
    get(_, name) {
      if (typeof name !== "string") return undefined;
      const value = read(name);
      if (value === undefined && strict) throw new MissingVariable(name);
      return value;
    },
    has: (_, name) => typeof name === "string" && read(name) !== undefined,
    set: (_, name, value) => typeof name === "string" && write(name, String(value)),
    deleteProperty: (_, name) => typeof name === "string" && write(name, undefined),
    ownKeys: () => (listed ? names() : []),
    getOwnPropertyDescriptor(_, name) {
      const value = typeof name === "string" ? read(name) : undefined;
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
  });
}
