// @ts-check
// What is said of operations that an action did not wait for: spec/function-runtime.md §7.2.

const Help = "or they might not run. See https://docs.convex.dev/functions/actions#dangling-promises for more information.";

const Methods = new Map([
  ["1.0/actions/query", "runQuery"], ["1.0/actions/mutation", "runMutation"], ["1.0/actions/action", "runAction"],
  ["1.0/actions/schedule", "schedule"], ["1.0/actions/cancel_job", "cancel"], ["1.0/actions/vectorSearch", "vectorSearch"],
]);

/**
 * The warnings: one in the default runtime, one for each kind of operation in Node.
 * @param {string[]} operations Names of syscalls, and `fetch`.
 * @param {boolean} node Whether the module begins with "use node".
 */
export function unawaited(operations, node) {
  const methods = operations.map(methodOf);
  if (node) return [...new Set(methods)].map((method) => `You have an outstanding ${nounOf(method)} call. Operations should be awaited ${Help}`);
  const noun = methods.length === 1 ? "operation" : "operations";
  return [`${methods.length} unawaited ${noun}: [${methods.join(", ")}]. Async operations should be awaited ${Help}`];
}

/** What the author called. @param {string} operation */
const methodOf = (operation) => Methods.get(operation) ?? operation.slice(operation.lastIndexOf("/") + 1);

/** `mutation` for `runMutation`. @param {string} method */
const nounOf = (method) => (/^run[A-Z]/.test(method) ? method.slice(3).toLowerCase() : method);
