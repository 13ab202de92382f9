/**
 * Writes what has come while the last write was under way: as often as the database takes it, however fast the model talks,
 * and never with a queue.
 */
export class Pen {
  #waiting = "";
  #writing: Promise<void> | undefined;
  #failure: unknown;

  readonly #append: (text: string) => Promise<unknown>;

  constructor(append: (text: string) => Promise<unknown>) {
    this.#append = append;
  }

  write(text: string): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (text === "") return;
    this.#waiting += text;
    this.#writing ??= this.#drain();
  }

  /** Waits until everything is written down. */
  async lift(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#waiting !== "") {
        const text = this.#waiting;
        this.#waiting = "";
        await this.#append(text);
      }
    } catch (error) {
      this.#failure = error;
    }

    this.#writing = undefined;
  }
}
