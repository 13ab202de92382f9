// @ts-check
// Looks into bundles by importing them: spec/function-runtime.md §1.2, spec/deploy-api.md §5. One task per process, which ends afterwards.
import { cronSpecsOf } from "./crons.mjs";
import { MissingVariable } from "./environment.mjs";
import { Refusal, bundles, describe, installStackTraces } from "./errors.mjs";
import { Kind } from "./frames.mjs";
import { parseJson, realProcess, setSoon, toJson } from "./host.mjs";
import { Modules } from "./modules.mjs";
import { Positions } from "./positions.mjs";
import { installRealm } from "./realm.mjs";
import { installSyscalls } from "./syscalls.mjs";

/** @typedef {{ path: string, node: boolean }} ModuleToAnalyse */
/** @typedef {{ task: "modules", modules: ModuleToAnalyse[] } | { task: "schema" | "auth" | "definition", module: string }} Task */

export class Analyst {
  #link;
  #modules;
  /** The module that is looked into. */
  #module = "";

  /**
   * @param {import("./link.mjs").Link} link
   * @param {import("./realm.mjs").RealmSettings} settings
   */
  constructor(link, settings) {
    this.#link = link;
    this.#modules = new Modules(settings.folder, () => {});
    bundles.folder = settings.folder;
    installStackTraces();
    const never = () => {};
    installSyscalls({ syscall: never, next: never, openQuery: never, closeQuery: never, post: () => false });
    installRealm(settings);
    realProcess.on("unhandledRejection", (/** @type {unknown} */ reason) => this.#fail(reason));
    realProcess.on("uncaughtException", (/** @type {unknown} */ error) => this.#fail(error));
  }

  /** @param {number} kind @param {number} _ @param {Buffer} payload */
  take(kind, _, payload) {
    if (kind !== Kind.analyze) return;
    this.#perform(parseJson(payload.toString())).then(
      (result) => this.#answer({ result }),
      (error) => this.#fail(error),
    );
  }

  /** @param {Task} task */
  async #perform(task) {
    switch (task.task) {
      case "modules": return this.#analyse(task.modules);
      case "schema": return exportOf(await this.#import({ path: task.module, node: false }), "MissingSchemaExportError", "InvalidSchemaExport", task.module);
      case "auth": return defaultJson(await this.#import({ path: task.module, node: false }));
      case "definition": return definitionOf(await this.#import({ path: task.module, node: false }));
    }
  }

  /** @param {ModuleToAnalyse[]} modules */
  async #analyse(modules) {
    const positions = await Positions.open();
    const analysed = [];
    for (const module of modules) {
      const namespace = await this.#import(module);
      analysed.push(analyse(module, namespace, positions));
    }
    return analysed;
  }

  /** @param {ModuleToAnalyse} module @returns {Promise<Record<string, any>>} */
  async #import({ path, node }) {
    this.#module = path;
    const namespace = await this.#modules.load(path, node);
    // A turn later the promises that were rejected and left alone are known.
    await new Promise((resolve) => setSoon(resolve));
    return namespace;
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#answer({
      failure: {
        module: this.#module,
        code: error instanceof Refusal ? error.code : error instanceof MissingVariable ? "AuthConfigMissingEnvironmentVariable" : null,
        text: error instanceof Refusal || error instanceof MissingVariable ? error.message : null,
        ...describe(error),
      },
    });
  }

  /** @param {object} answer */
  #answer(answer) {
    this.#link.text(Kind.analysis, 0, toJson(answer));
    this.#link.flush();
  }
}

/** @type {[udfType: string, marker: string, invoke: string][]} */
const Kinds = [["Query", "isQuery", "invokeQuery"], ["Mutation", "isMutation", "invokeMutation"], ["Action", "isAction", "invokeAction"]];

/**
 * @param {ModuleToAnalyse} module
 * @param {Record<string, any>} namespace
 * @param {Positions} positions
 */
function analyse({ path, node }, namespace, positions) {
  const functions = [];
  const warnings = [];
  for (const [name, value] of Object.entries(namespace)) {
    const udfType = kindOf(value);
    if (udfType === null) continue;
    const visibility = visibilityOf(value);
    if (visibility === "both") {
      warnings.push(`${path}:${name} is both public and internal; it is left out.`);
      continue;
    }
    if (node && udfType !== "Action") {
      warnings.push(`${path}:${name} is a ${udfType.toLowerCase()} in a "use node" file. It runs as a deterministic function here; Convex would refuse it.`);
    }
    functions.push({
      name,
      pos: positions.of(value._handler, path),
      udfType,
      visibility: visibility === null ? null : { kind: visibility },
      args: argsOf(path, name, value),
      returns: validatorText(path, name, value, "exportReturns", "null"),
    });
  }
  functions.sort((left, right) => line(left) - line(right) || column(left) - column(right));
  return {
    path,
    functions,
    httpRoutes: path === "http.js" ? routesOf(namespace) : null,
    cronSpecs: path === "crons.js" ? cronSpecsOf(namespace) : null,
    sourceMapped: null,
    warnings,
  };
}

/** @typedef {{ pos: import("./positions.mjs").Position | null }} Positioned */
/** @param {Positioned} analysed */
const line = ({ pos }) => pos?.start_lineno ?? -1;
/** @param {Positioned} analysed */
const column = ({ pos }) => pos?.start_col ?? -1;

/** @param {any} value */
function kindOf(value) {
  if (value === null || value === undefined) return null;
  const kind = Kinds.find(([, marker, invoke]) => Object.hasOwn(value, marker) && Object.hasOwn(value, invoke));
  return kind?.[0] ?? null;
}

/** @param {any} value @returns {"public" | "internal" | "both" | null} */
function visibilityOf(value) {
  const isPublic = Object.hasOwn(value, "isPublic");
  const isInternal = Object.hasOwn(value, "isInternal");
  if (isPublic && isInternal) return "both";
  return isPublic ? "public" : isInternal ? "internal" : null;
}

/** @param {string} path @param {string} name @param {any} value */
function argsOf(path, name, value) {
  const text = validatorText(path, name, value, "exportArgs", '{"type":"any"}');
  const type = parseJson(text)?.type;
  if (type !== "any" && type !== "object") throw new Refusal("InvalidModules", `Invalid args validator of ${path}:${name}: Args validator must be an object or any`);
  return text;
}

/**
 * @param {string} path
 * @param {string} name
 * @param {any} value
 * @param {"exportArgs" | "exportReturns"} method
 * @param {string} absent
 */
function validatorText(path, name, value, method, absent) {
  if (typeof value[method] !== "function") return absent;
  const text = value[method]();
  try {
    if (typeof text !== "string") throw new Error("not a string");
    parseJson(text);
    return text;
  } catch (error) {
    throw new Refusal("InvalidModules", `Invalid JSON returned from ${path}:${name}.${method}(): ${/** @type {Error} */ (error).message}`);
  }
}

/** @param {Record<string, any>} namespace */
function routesOf(namespace) {
  const router = namespace.default;
  if (router?.isRouter !== true) throw new Refusal("InvalidModules", "The default export of `convex/http.js` is not a Router.");
  return router.getRoutes().map((/** @type {[string, string]} */ [path, method]) => ({ route: { path, method }, pos: null }));
}

/**
 * @param {Record<string, any>} namespace
 * @param {string} missing
 * @param {string} invalid
 * @param {string} module
 */
function exportOf(namespace, missing, invalid, module) {
  const value = namespace.default;
  if (value === undefined || value === null) throw new Refusal(missing, `The default export of \`${module}\` is missing. Did you forget to export it?`);
  if (typeof value.export !== "function") throw new Refusal(invalid, `The default export of \`${module}\` is not what its builder returns: it has no \`export\`.`);
  const text = value.export();
  if (typeof text !== "string") throw new Refusal(invalid, `\`export\` of the default export of \`${module}\` returned no string.`);
  return parseJson(text);
}

/** @param {Record<string, any>} namespace */
function defaultJson(namespace) {
  if (namespace.default === undefined || namespace.default === null) {
    throw new Refusal("AuthConfigMissingExportError", "auth config file is missing default export");
  }
  return parseJson(toJson(namespace.default));
}

/** @param {Record<string, any>} namespace */
function definitionOf(namespace) {
  const exported = Object.keys(namespace);
  if (exported.length !== 1 || exported[0] !== "default" || typeof namespace.default !== "object" || namespace.default === null) {
    throw new Refusal("InvalidDefinition", "convex.config.js must have exactly one export, the default one, and it must be an app definition");
  }
  if (typeof namespace.default.export !== "function") {
    throw new Refusal("InvalidDefinition", "The default export of convex.config.js is not an app definition. Did you forget `defineApp()`?");
  }
  return { ...namespace.default.export(), path: "" };
}
