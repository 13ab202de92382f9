// @ts-check
// What the realm tells the worker.

export const realmEvents = {
  /** An action wanted to end its process. @type {(event: string, text: string) => void} */
  exit: () => {},
  /** Asynchronous work of an invocation ended. @type {(invocation: import("./invocation.mjs").Invocation) => void} */
  worked: () => {},
  /** A function whose snapshot may move was told the time or its timestamp. @type {(invocation: import("./invocation.mjs").Invocation) => void} */
  timeTold: () => {},
  /** A timer's callback threw. @type {(invocation: import("./invocation.mjs").Invocation, error: unknown) => void} */
  failed: () => {},
};

/**
 * Work that the worker does for an invocation; meanwhile it is not stuck.
 * @template T
 * @param {import("./invocation.mjs").Invocation | null} invocation
 * @param {Promise<T>} promise
 */
export function awaited(invocation, promise) {
  if (invocation === null) return promise;
  invocation.working++;
  const done = () => {
    invocation.working--;
    realmEvents.worked(invocation);
  };
  promise.then(done, done);
  return promise;
}
