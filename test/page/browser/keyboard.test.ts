/** Tests the web page in a browser with the keyboard alone, with keys, and with the rules of axe. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import type { Page } from "puppeteer-core";
import { nullEngine, startServer, until } from "../../e2e/server.ts";
import {
  agent,
  dropFiles,
  recording,
  setPrompt,
  textOf,
  toneFile,
  waitForText,
} from "./actions.ts";
import { openPage, runsBrowser } from "./chromium.ts";

setDefaultTimeout(180_000);

const echo = { environment: nullEngine, flags: ["--model", "null:echo"] };

/** Presses Tab until the element that the selector finds has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`60 presses of Tab do not reach ${selector}`);
}

const hasFocus = (page: Page) =>
  page.evaluate(() => document.activeElement !== null && document.activeElement !== document.body);

describe.skipIf(!runsBrowser)("with the keyboard alone,", () => {
  test("a file is chosen, played, corrected, saved and removed", async () => {
    await using server = await startServer();
    await using opened = await openPage(server.url);
    const { page, downloads } = opened;
    await tabTo(page, "#choose");
    const chooser = page.waitForFileChooser();
    // The browser needs a moment until it passes its dialog for files to the test.
    await page.evaluate(() => document.title);
    await page.keyboard.press("Enter");
    await (await chooser).accept([agent]);
    await waitForText(page, "#facts", "Done");
    await tabTo(page, "#segments .time");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("audio")?.paused === false);
    await tabTo(page, "#segments .text");
    await page.keyboard.down("Control");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Control");
    await page.waitForFunction(() => document.querySelector("audio")?.paused === true);
    await page.keyboard.press("End");
    await page.keyboard.type(" Added.");
    await page.keyboard.press("Enter");
    expect(await textOf(page, "#segments .text")).toContain(" Added.");
    await tabTo(page, "[data-format=txt]");
    await page.keyboard.press("Enter");
    const saved = join(downloads, "en_agent-user.txt");
    await until(`${saved} exists`, () => existsSync(saved));
    expect(readFileSync(saved, "utf8")).toContain(" Added.");
    await page.focus("[aria-label='Remove en_agent-user.flac']");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("choose");
    expect(opened.errors).toEqual([]);
  });

  test("the focus stays when the button for Cancel goes away", async () => {
    await using server = await startServer(echo);
    await using opened = await openPage(server.url);
    const { page } = opened;
    await setPrompt(page, "sleep 60000");
    await dropFiles(page, [await toneFile(1, "long.wav")]);
    await page.waitForSelector("[data-state=queued], [data-state=working]");
    await page.focus("[aria-label='Cancel long.wav']");
    await page.keyboard.press("Enter");
    await waitForText(page, "#facts", "Stopped");
    expect(await hasFocus(page)).toBe(true);
  });
});

describe.skipIf(!runsBrowser)("on a server with keys,", () => {
  const keys = { OPEN_ASR_SERVER_API_KEY: "right", OPEN_ASR_SERVER_ADMIN_KEY: "boss" };
  const enter = async (page: Page, key: string) => {
    await page.waitForSelector("#key[open]");
    await page.type("#key [name=key]", key);
    await page.keyboard.press("Enter");
  };

  test("the page asks until the key is right, and keeps it in the tab only", async () => {
    await using server = await startServer({ environment: { ...nullEngine, ...keys } });
    await using opened = await openPage(server.url);
    const { page, browser } = opened;
    await enter(page, "wrong");
    await waitForText(page, "#key-reason", "did not accept this key");
    await enter(page, "right");
    await waitForText(page, "[name=model]", "(default)");
    await page.click("#open-models");
    await page.type("#pull [name=name]", "tiny.en");
    await page.click("#pull [type=submit]");
    await waitForText(page, "#key-label", "Admin key");
    await enter(page, "boss");
    await waitForText(page, "#pull-problem", "offline");
    await page.reload();
    await waitForText(page, "[name=model]", "(default)");
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(await page.evaluate(() => document.cookie)).toBe("");
    const other = await browser.newPage();
    await other.goto(server.url);
    await other.waitForSelector("#key[open]");
    expect(opened.errors).toEqual([]);
  });

  test("without a key, a file fails with the message of the server", async () => {
    await using server = await startServer({ environment: { ...nullEngine, ...keys } });
    await using opened = await openPage(server.url);
    const { page } = opened;
    await page.waitForSelector("#key[open]");
    await page.keyboard.press("Escape");
    await dropFiles(page, [await toneFile(1, "talk.wav")]);
    await page.waitForSelector("#key[open]");
    await page.click("#key [data-close]");
    await waitForText(page, "#problem", "requires an API key");
  });
});

describe.skipIf(!runsBrowser)("axe finds nothing", () => {
  /** Runs all rules of axe on the page as it is now. */
  const violations = async (page: Page) => {
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations: list } = await (window as unknown as { axe: typeof axe }).axe.run();
      return list.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
    });
    return found;
  };

  test.each(["light", "dark"])("in %s, on a wide screen and on a phone", async (scheme) => {
    await using server = await startServer();
    await using opened = await openPage(server.url);
    const { page } = opened;
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    expect(["empty", await violations(page)]).toEqual(["empty", []]);
    await page.$$eval("details", (all) => {
      for (const one of all) one.open = true;
    });
    await dropFiles(page, [new File(["text"], "notes.md"), recording(agent)]);
    await waitForText(page, "#problem", "Cannot decode");
    await waitForText(page, "#file-list", "Done");
    expect(["failed", await violations(page)]).toEqual(["failed", []]);
    await page.click("#file-list li:last-child .file");
    await page.$eval("#player audio", (audio) => {
      audio.currentTime = 1;
    });
    await page.waitForSelector("#segments .spoken");
    for (const width of [1200, 360]) {
      await page.setViewport({ width, height: 800 });
      expect(["done", width, await violations(page)]).toEqual(["done", width, []]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      );
      expect(["scrolls sideways", width, overflow]).toEqual(["scrolls sideways", width, false]);
    }
    await page.click("#open-models");
    await waitForText(page, "#model-list", "99 languages");
    expect(["models", await violations(page)]).toEqual(["models", []]);
    expect(opened.errors).toEqual([]);
    expect(opened.foreign).toEqual([]);
  });
});
