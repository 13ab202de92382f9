// A page of pages/ in a window of the run's Chromium: bundled as a developer's tool would, served from an origin of its own.
//
// What a page shows is noted down after every render (window.renders): the tests look at every state that a person could have seen.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const PATIENCE = 30_000;
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const open = [];

/** What the bundler is told beside the entry. */
const target = { bundle: true, write: false, format: "esm", jsx: "automatic", platform: "browser", logLevel: "silent" };

/**
 * Opens a page.
 * @param {string} name Its file in pages/.
 * @param {object} settings What the page finds in window.settings, with the address of the deployment.
 */
export async function openPage(name, settings) {
  const entry = fileURLToPath(new URL(`./pages/${name}`, import.meta.url));
  const bundle = await build({
    ...target,
    entryPoints: [entry],
    // As the builds of React Native for the web do.
    alias: { "react-native": "react-native-web" },
    define: { "process.env.NODE_ENV": '"development"', global: "globalThis" },
  });
  const files = {
    "/": ["text/html", `<!doctype html><title>${name}</title><div id="root"></div><script type="module" src="/page.js"></script>`],
    "/page.js": ["text/javascript", bundle.outputFiles[0].contents],
  };
  return await openFiles((path) => files[path], { url: process.env.URL, ...settings });
}

/**
 * Opens the page of a folder that a developer's own tool has built.
 * @param {string} folder Where its index.html lies.
 */
export const openFolder = (folder) =>
  openFiles((path) => {
    const file = path === "/" ? "/index.html" : path;
    return [types[extname(file)] ?? "application/octet-stream", readFileSync(join(folder, file))];
  });

async function openFiles(find, settings = {}) {
  const server = createServer((request, response) => {
    try {
      const [type, content] = find(new URL(request.url, "http://page").pathname);
      response.writeHead(200, { "content-type": type }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  const browser = await chromium.connect(process.env.CHROMIUM);
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const errors = [], wire = new Wire();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => console.log(`page: ${message.text()}`));
  await page.routeWebSocket(/\/sync$/, (route) => wire.through(route));
  await page.addInitScript((all) => Object.assign(window, { settings: all, renders: [] }), settings);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  open.push({ browser, server });
  return Object.assign(page, {
    errors,
    wire,
    /** Waits until what is shown passes, and returns it. */
    async shows(check) {
      const passes = `((shown) => shown !== undefined && (${check})(shown) && shown)(window.renders.at(-1))`;
      const found = await page.waitForFunction(passes).catch(async () => {
        throw new Error(`It never showed ${check}, but at last ${JSON.stringify((await page.evaluate(() => window.renders)).at(-1))}`);
      });
      return await found.jsonValue();
    },
    /** Everything that has been shown. */
    renders: () => page.evaluate(() => window.renders),
    /** Presses a button. */
    press: (label) => page.getByRole("button", { name: label, exact: true }).click(),
  });
}

/** Closes what was opened. */
export async function closePages() {
  for (const { browser, server } of open) {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}

/** The socket between a page and the server: it counts, it remembers, and it can hold back what the server says. */
class Wire {
  sockets = 0;
  said = [];
  #held = undefined;

  through(route) {
    this.sockets++;
    const server = route.connectToServer();
    route.onMessage((message) => {
      this.said.push(JSON.parse(message));
      server.send(message);
    });
    server.onMessage((message) => (this.#held === undefined ? route.send(message) : this.#held.push(() => route.send(message))));
  }

  /** From now on the page hears nothing. */
  hold() {
    this.#held ??= [];
  }

  /** The page hears what was held back, in its order. */
  release() {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const send of held) send();
  }
}
