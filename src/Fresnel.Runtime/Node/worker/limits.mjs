// @ts-check
// Limits that the worker holds itself: spec/function-runtime.md §6. The engine says them when it starts the worker.

export const limits = {
  /** Lines of one function; the last of them says that there were more. */
  logLines: 256,
  /** Bytes of UTF-8 of one line. */
  logLineBytes: 32_768,
  /** Syscalls of one function under way at once. */
  concurrentOperations: 1_000,
};
