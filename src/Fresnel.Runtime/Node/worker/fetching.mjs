// @ts-check
// fetch and its classes. They take Node 50 ms and 10 MB to load, so they are loaded when they are first used.
import { currentInvocation, inNode, realFetch } from "./host.mjs";
import { importRefusal, refusal } from "./refusals.mjs";

/** @param {any} input @param {any} init */
export function fetch(input, init) {
  const invocation = currentInvocation();
  if (invocation?.deterministic) return Promise.reject(refusal("fetch()"));
  if (invocation === null) return inNode() ? realFetch(input, init) : Promise.reject(importRefusal("fetch()"));
  const response = realFetch(input, init);
  invocation.fetches++;
  const done = () => invocation.fetches--;
  response.then(done, done);
  return response;
}

/** Where Node keeps the classes of the fetch standard. @type {Map<string, () => any>} */
const fetchClasses = new Map();

/**
 * A class of the fetch standard, the real one.
 * @param {"Request" | "Response"} name
 */
export function fetchClass(name) {
  const load = fetchClasses.get(name);
  if (load === undefined) return /** @type {any} */ (globalThis)[name];
  // Loading it puts it into the global, where user code may have put another one.
  const shown = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, name));
  const loaded = load();
  Object.defineProperty(globalThis, name, shown);
  return loaded;
}

/** Shows the classes of the fetch standard. */
export function showFetchClasses() {
  for (const name of ["Headers", "Request", "Response"]) {
    const load = showLater(name, (loaded) => {
      if (name !== "Headers") refuseMultipart(loaded.prototype);
      return loaded;
    });
    fetchClasses.set(name, load);
  }
}

/**
 * Loads a global of Node's when it is first read.
 * @param {string} name
 * @param {(loaded: any) => any} adapt Makes of it what is shown.
 * @returns {() => any} Loads the real one.
 */
export function showLater(name, adapt) {
  const original = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(globalThis, name));
  const load = () => (original.get === undefined ? original.value : original.get.call(globalThis));
  /** @param {unknown} value */
  const settle = (value) => Object.defineProperty(globalThis, name, { configurable: true, writable: true, enumerable: false, value });
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    set: settle,
    get() {
      const shown = adapt(load());
      settle(shown);
      return shown;
    },
  });
  return load;
}

/** Reading multipart bodies is for actions. @param {Body} body */
function refuseMultipart(body) {
  const formData = body.formData;
  /** @this {Body & { headers?: Headers }} */
  body.formData = function () {
    const multipart = this.headers?.get("content-type")?.startsWith("multipart/") ?? false;
    return multipart && currentInvocation()?.deterministic ? Promise.reject(refusal("formData()")) : formData.call(this);
  };
}
