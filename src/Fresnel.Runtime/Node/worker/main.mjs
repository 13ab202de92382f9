// @ts-check
// A worker process of Fresnel. It is told by its environment where the engine listens, runs what it is sent, and ends when the engine does.
import { Analyst } from "./analyst.mjs";
import { Kind } from "./frames.mjs";
import { parseJson, realProcess } from "./host.mjs";
import { Link } from "./link.mjs";
import { Worker } from "./worker.mjs";

const { FRESNEL_LINK: address = "", FRESNEL_TOKEN: token = "" } = realProcess.env;
delete realProcess.env.FRESNEL_LINK;
delete realProcess.env.FRESNEL_TOKEN;
const exit = realProcess.exit.bind(realProcess);

/** @type {{ take(kind: number, invocation: number, payload: Buffer): void } | null} */
let role = null;

const link = new Link(address, { token, pid: realProcess.pid, node: realProcess.versions.node }, take, () => exit(0));

/** @param {number} kind @param {number} invocation @param {Buffer} payload */
function take(kind, invocation, payload) {
  if (kind !== Kind.setup) return role?.take(kind, invocation, payload);
  const settings = parseJson(payload.toString());
  role = settings.analyse ? new Analyst(link, settings) : new Worker(link, settings);
}
