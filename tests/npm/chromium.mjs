// One Chromium for every script of a run: each connects to it and has windows of its own, which close when the script ends.
//
//   node chromium.mjs <chromium>

import { chromium } from "playwright-core";
import { heard, tell } from "./report.mjs";

const [executablePath] = process.argv.slice(2);
const server = await chromium.launchServer({ executablePath, host: "127.0.0.1", args: ["--no-sandbox", "--disable-gpu"] });
tell("ready", { endpoint: server.wsEndpoint() });
// Nothing is asked of it: when nobody listens any more, the tests are over.
for await (const _ of heard);
await server.close();
