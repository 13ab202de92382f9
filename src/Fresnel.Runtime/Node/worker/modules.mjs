// @ts-check
// The bundles: each module is imported once, when it is first needed.
// Modules of the default runtime are linked here, so that they reach each other and nothing else: Node's own `import` would give them all of Node.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { SourceTextModule, SyntheticModule } from "node:vm";
import { ImportPhase, RealURL, currentInvocation, readTextFile, runAs, setSoon } from "./host.mjs";
import { makesSyscalls } from "./posting.mjs";

/** @typedef {Record<string, unknown>} Namespace */
/** @typedef {import("node:vm").Module} Linked */

export class Modules {
  /** @type {Map<string, Namespace>} */
  #loaded = new Map();
  /** @type {Map<string, Promise<Namespace>>} */
  #loading = new Map();
  /** Those of the default runtime by URL. @type {Map<string, Linked>} */
  #records = new Map();
  /** Graphs are linked one after the other: two that share a module would each take it for linked by the other. @type {Promise<unknown>} */
  #linking = Promise.resolve();
  #folder;
  #observe;

  /** Whether any of them makes syscalls by hand. */
  makeSyscalls = false;

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
   * @param {boolean} node Whether it is a "use node" module.
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
      const url = this.#folder + path;
      const namespace = await runAs(new ImportPhase(node), () => (node ? import(url) : this.#evaluate(url)));
      this.#loaded.set(path, namespace);
      return namespace;
    } finally {
      this.#observe(false);
    }
  }

  /** @param {string} url @returns {Promise<Namespace>} */
  async #evaluate(url) {
    const linking = this.#linking.then(async () => {
      const module = this.#record(url, url);
      this.#gather(module);
      if (module.status === "unlinked") await module.link((specifier, referrer) => this.#resolve(specifier, referrer.identifier));
      return module;
    });
    this.#linking = linking.catch(() => {});
    const module = await linking;
    // Another module's graph may have it under way, up to an `await` at its top level.
    while (module.status === "evaluating") await new Promise((resolve) => setSoon(resolve));
    await module.evaluate();
    return /** @type {Namespace} */ (module.namespace);
  }

  /**
   * Finds all that a module imports, so that linking it finds all of it: half linked, it would spoil what it shares with others.
   * One that threw when it was evaluated throws the same again.
   * @param {Linked} module
   */
  #gather(module) {
    const graph = new Set([module]);
    for (const one of graph) {
      if (one.status === "errored") throw one.error;
      if (one.status !== "unlinked" || !(one instanceof SourceTextModule)) continue;
      for (const specifier of one.dependencySpecifiers) graph.add(this.#resolve(specifier, one.identifier));
    }
  }

  /** @param {string} url @param {string} referrer Who asks for it. */
  #record(url, referrer) {
    let module = this.#records.get(url);
    if (module === undefined) {
      const source = this.#read(url, referrer);
      this.makeSyscalls ||= makesSyscalls(source);
      module = new SourceTextModule(source, {
        identifier: url,
        initializeImportMeta: (meta) => {
          meta.url = url;
        },
        importModuleDynamically: /** @type {any} */ ((/** @type {string} */ specifier) => this.#importLater(specifier, url)),
      });
      this.#records.set(url, module);
    }
    return module;
  }

  /** @param {string} url @param {string} referrer */
  #read(url, referrer) {
    try {
      return readTextFile(fileURLToPath(url));
    } catch {
      throw missing(this.#nameOf(url, referrer), this.#nameOf(referrer, referrer));
    }
  }

  /** @param {string} specifier @param {string} referrer @returns {Linked} */
  #resolve(specifier, referrer) {
    if (specifier === "async_hooks" || specifier === "node:async_hooks") return asyncHooks();
    return this.#record(this.#urlOf(specifier, referrer), referrer);
  }

  /** What `import()` does. @param {string} specifier @param {string} referrer */
  async #importLater(specifier, referrer) {
    if (currentInvocation()?.deterministic) throw new Error(`Can't dynamically import "${this.#nameOf(specifier, referrer)}" in a query or mutation`);
    if (specifier === "async_hooks" || specifier === "node:async_hooks") {
      const module = asyncHooks();
      if (module.status === "unlinked") await module.link(() => module);
      await module.evaluate();
      return module;
    }
    const url = this.#urlOf(specifier, referrer);
    await this.load(url.slice(this.#folder.length), false);
    return this.#record(url, referrer);
  }

  /** @param {string} specifier @param {string} referrer */
  #urlOf(specifier, referrer) {
    const url = /^\.{0,2}\//.test(specifier) ? new RealURL(specifier, referrer).href : "";
    if (url.startsWith(this.#folder)) return url;
    const name = this.#nameOf(referrer, referrer);
    if (!isBuiltin(specifier)) throw missing(specifier, name);
    throw new Error(`Cannot import '${specifier}' in ${name}: modules of Node.js are there for actions in files that begin with "use node"`);
  }

  /** A module as people know it. @param {string} specifier @param {string} referrer */
  #nameOf(specifier, referrer) {
    const url = /^(?:\.{0,2}\/|file:)/.test(specifier) ? new RealURL(specifier, referrer).href : specifier;
    return url.startsWith(this.#folder) ? url.slice(this.#folder.length) : specifier;
  }
}

/** @param {string} name @param {string} referrer */
const missing = (name, referrer) => new Error(`Cannot find module '${name}' imported from ${referrer}`);

/** @type {Linked | undefined} */
let hooks;

/** All that the default runtime has of Node's modules. */
function asyncHooks() {
  const exports = { AsyncLocalStorage, AsyncResource };
  hooks ??= new SyntheticModule(["AsyncLocalStorage", "AsyncResource", "default"], function () {
    this.setExport("AsyncLocalStorage", AsyncLocalStorage);
    this.setExport("AsyncResource", AsyncResource);
    this.setExport("default", exports);
  }, { identifier: "node:async_hooks" });
  return hooks;
}
