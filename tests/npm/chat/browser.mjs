// Windows of a real Chromium on the page of the chat. The conformance tests drive it: see Fresnel.Conformance/Chat.
//
//   node browser.mjs <address of the page> <where Chromium is connected to>
//
// Commands on standard input: {"do":"open"}, {"do":"write","window":0,"text":"…"}, and the others below.

import { chromium } from "playwright-core";
import { heard, tell } from "../report.mjs";

const [address, endpoint] = process.argv.slice(2);
const browser = await chromium.connect(endpoint);
const windows = [];

/** Notes down every length that the newest reply of a window has had: the steps in which it grew. */
function watchReplies() {
  let newest = null;
  window.steps = [];
  const look = () => {
    const reply = [...document.querySelectorAll(".reply")].at(-1) ?? null;
    if (reply !== newest) window.steps = [];
    newest = reply;
    const length = reply?.querySelector("p")?.textContent?.length ?? 0;
    if (length > 0 && window.steps.at(-1) !== length) window.steps.push(length);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
}

async function openWindow() {
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => tell("pageError", { message: String(error) }));
  await page.addInitScript(watchReplies);
  await page.goto(address);
  await page.locator('.connection[data-state="live"]').waitFor();
  windows.push(page);
  return page;
}

const commands = {
  /** Opens another window. */
  async open() {
    await openWindow();
    return {};
  },

  /** Opens the newest thread from the list of every window but the first. */
  async follow({ title }) {
    for (const page of windows.slice(1)) await page.getByRole("navigation").getByRole("button", { name: title }).first().click();
    return {};
  },

  /** Writes a message as a person does, and waits until the address names its thread. */
  async write({ window, text }) {
    const page = windows[window];
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await page.keyboard.press("Enter");
    await page.waitForURL(/#./);
    return { thread: new URL(page.url()).hash.slice(1) };
  },

  /** Waits until every window shows that many replies and the newest of them stands as asked. */
  async until({ status, replies, timeout }) {
    const seen = [];
    for (const page of windows) {
      const reply = page.locator(".reply").last();
      await page.waitForFunction(
        (wanted) => {
          const shown = [...document.querySelectorAll(".reply")];
          return shown.length >= wanted.replies && shown.at(-1).dataset.status === wanted.status;
        },
        { status, replies },
        { timeout },
      );
      const failure = reply.locator(".failure span");
      seen.push({
        text: (await reply.locator("p").first().textContent()) ?? "",
        reason: (await failure.count()) > 0 ? await failure.textContent() : null,
        steps: await page.evaluate(() => window.steps),
      });
    }

    return { seen };
  },

  /** Waits until every window says so about its connection. */
  async connection({ state, timeout }) {
    for (const page of windows) await page.locator(`.connection[data-state="${state}"]`).waitFor({ timeout });
    return {};
  },

  /** Waits until the newest reply of every window is longer than that. */
  async grown({ length, timeout }) {
    for (const page of windows) {
      await page.waitForFunction((least) => ([...document.querySelectorAll(".reply")].at(-1)?.querySelector("p")?.textContent?.length ?? 0) > least, length, { timeout });
    }

    return {};
  },

  /** Gives the guest of a window another name. */
  async rename({ window, name }) {
    const page = windows[window];
    await page.getByRole("button", { name: /Change your name/ }).click();
    await page.getByLabel("Your name").fill(name);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: `You are ${name}. Change your name` }).waitFor();
    return {};
  },

  /** Waits until the last message of a window is somebody's; null for the guest of that window. */
  async author({ window, name, timeout }) {
    await windows[window].waitForFunction(
      (wanted) => {
        const said = [...document.querySelectorAll(".said")].at(-1);
        return said !== undefined && (wanted === null ? said.dataset.mine === "true" : said.querySelector(".author")?.textContent === wanted);
      },
      name,
      { timeout },
    );
    return {};
  },

  /** Waits until the summary of the thread has a text, in every window. */
  async summary({ text, timeout }) {
    for (const page of windows) await page.locator(".summary").getByText(text).or(page.locator(".summary", { hasText: text })).first().waitFor({ timeout });
    return {};
  },

  /** Writes a message that is answered over HTTP, and counts the steps in which it is heard. */
  async writeOverHttp({ window, text }) {
    const page = windows[window];
    await page.getByLabel("Hear replies over HTTP too").check();
    const heard = new Promise((resolve) => {
      page.on("response", async (response) => {
        if (response.request().method() === "POST" && response.url().endsWith("/reply")) resolve(await response.text());
      });
    });
    await page.getByRole("textbox", { name: "Message" }).fill(text);
    await page.keyboard.press("Enter");
    await page.locator(".heard").waitFor();
    return { heard: await heard };
  },

  /** What the page says of the rate limit: below the field, and above it when a message was not let through. */
  async limit({ window, timeout }) {
    const page = windows[window];
    await page.locator('.budget[data-left="0"]').waitFor({ timeout });
    await page.getByRole("textbox", { name: "Message" }).fill("one too many");
    await page.keyboard.press("Enter");
    const problem = page.locator(".composer .failure");
    await problem.waitFor({ timeout });
    return { budget: await page.locator(".budget").textContent(), problem: await problem.textContent(), draft: await page.getByRole("textbox", { name: "Message" }).inputValue() };
  },

  /** Goes to a thread of the list, to a new chat (null), or loads the page again (undefined); returns how many conversations the window then shows. */
  async go({ window, title }) {
    const page = windows[window];
    if (title === undefined) await page.reload();
    else await page.getByRole("navigation").getByRole("button", { name: title ?? "New chat" }).first().click();
    await page.locator(".reply, .welcome").first().waitFor();
    return { conversations: await page.locator("section.messages, section.welcome").count() };
  },

  /** How far a window is from the end of its conversation, once nothing is being written. Pixels. */
  async distance({ window, replies, timeout }) {
    const page = windows[window];
    await page.waitForFunction((wanted) => document.querySelectorAll('.reply[data-status="done"]').length >= wanted, replies, { timeout });
    return { pixels: await page.evaluate(() => new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(() => {
      const view = document.querySelector("section.messages");
      tell(view.scrollHeight - view.scrollTop - view.clientHeight);
    })))) };
  },

  /** What the page says above the conversation. */
  async note() {
    return { text: await windows[0].locator(".note").textContent() };
  },

  /** Presses a button of the newest reply. */
  async press({ window, name }) {
    await windows[window].locator(".reply").last().getByRole("button", { name }).click();
    return {};
  },

  /** Takes a picture. */
  async shot({ window, file, width, height, scheme }) {
    const page = windows[window];
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: file });
    return {};
  },
};

tell("ready");
for await (const line of heard) {
  const { do: name, ...details } = JSON.parse(line);
  try {
    tell("done", await commands[name](details));
  } catch (error) {
    tell("failed", { message: String(error) });
  }
}

await browser.close();
