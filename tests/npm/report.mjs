// What a script tells the test that drives it, and hears from it: one JSON value per line.

import { createInterface } from "node:readline";

// The clients log with it; standard output is the test's.
console.log = console.error;

/** Tells the test that something happened. */
export function tell(event, details = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
}

/** Yields what the test says, line by line. */
export const heard = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
