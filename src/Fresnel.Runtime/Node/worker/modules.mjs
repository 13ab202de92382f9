// @ts-check
// The bundles: each module is imported once, when it is first needed.
import { ImportPhase, runAs } from "./host.mjs";

/** @typedef {Record<string, unknown>} Namespace */

export class Modules {
  /** @type {Map<string, Namespace>} */
  #loaded = new Map();
  /** @type {Map<string, Promise<Namespace>>} */
  #loading = new Map();
  #folder;
  #observe;

  /**
   * @param {string} folder A URL with a slash at its end.
   * @param {(importing: boolean) => void} observe Told when importing begins and ends: meanwhile silence means nothing.
   */
  constructor(folder, observe) {
    this.#folder = folder;
    this.#observe = observe;
  }

  /** @param {string} path */
  get(path) {
    return this.#loaded.get(path);
  }

  /**
   * @param {string} path
   * @param {boolean} node
   */
  load(path, node) {
    let loading = this.#loading.get(path);
    if (loading === undefined) {
      loading = this.#import(path, node);
      this.#loading.set(path, loading);
    }
    return loading;
  }

  /** @param {string} path @param {boolean} node @returns {Promise<Namespace>} */
  async #import(path, node) {
    this.#observe(true);
    try {
      const namespace = await runAs(new ImportPhase(node), () => import(this.#folder + path));
      this.#loaded.set(path, namespace);
      return namespace;
    } finally {
      this.#observe(false);
    }
  }
}
