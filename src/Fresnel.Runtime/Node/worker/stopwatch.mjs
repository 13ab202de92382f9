// @ts-check
// Time in user code. Short slices are measured by the clock, long ones by the processor, so that a busy machine is not held against a function.
import { elapsed, realProcess } from "./host.mjs";

// From here on a slice is long, and so old may the reading of the processor's time be that it is measured against. Milliseconds.
const Long = 20;
const Fresh = 10;

export class Stopwatch {
  #start = 0;
  #read = -Infinity;
  #used = 0;

  start() {
    this.#start = elapsed();
    if (this.#start - this.#read <= Fresh) return;
    this.#read = this.#start;
    this.#used = processorTime();
  }

  /** Milliseconds since the start. */
  stop() {
    const passed = elapsed() - this.#start;
    if (passed < Long) return passed;
    const used = processorTime() - this.#used;
    return used < passed ? used : passed;
  }
}

function processorTime() {
  const { user, system } = realProcess.cpuUsage();
  return (user + system) / 1000;
}
