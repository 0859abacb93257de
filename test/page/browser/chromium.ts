/** Starts a browser without a window, and opens the web page of a server in it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, launch, type Page } from "puppeteer-core";
import { isFull } from "../../full.ts";
import { openScratch } from "../../e2e/executable.ts";

/** Path of the browser (Debian's package `chromium`). Null if this machine has none. */
const chromium = Bun.which("chromium") ?? Bun.which("chromium-browser");

/** Whether the tests in a browser run. They start several browsers and servers, so only the full run has them. */
export const runsBrowser = isFull && chromium !== null;

if (isFull && chromium === null) {
  console.error("The web page in a browser: skipped, this machine has no chromium");
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly browser: Browser;
  /** Folder of the files that the page saves. */
  readonly downloads: string;
  /** Addresses that the page requested from other origins. */
  readonly foreign: readonly string[];
  /** Errors in the console, such as violations of the policy of the page. */
  readonly errors: readonly string[];
}

/** Opens the page of the server at `url`. Each page has a browser of its own, without data of other pages. */
export async function openPage(url: string): Promise<OpenPage> {
  if (chromium === null) throw new Error("expected chromium on this machine");
  const scratch = openScratch();
  const browser = await launch({
    executablePath: chromium,
    userDataDir: join(scratch.folder, "profile"),
    // Chromium refuses its sandbox to root, and waits for an audio device that a container does not have.
    args: [
      "--no-sandbox",
      "--disable-audio-output",
      "--disable-dev-shm-usage",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });
  const downloads = join(scratch.folder, "downloads");
  mkdirSync(downloads);
  const page = await browser.newPage();
  const foreign: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => {
    // The icons of the browser's own player have data: addresses.
    const isSent = !/^(?:blob|data):/.test(request.url());
    if (isSent && !request.url().startsWith(url)) foreign.push(request.url());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // The browser logs each error response. The tests check these responses themselves.
    const isResponse = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isResponse) errors.push(message.text());
  });
  const session = await browser.target().createCDPSession();
  await session.send("Browser.setDownloadBehavior", {
    behavior: "allow",
    downloadPath: downloads,
  });
  await page.setViewport({ width: 1200, height: 850 });
  await page.goto(url);
  return {
    page,
    browser,
    downloads,
    foreign,
    errors,
    async [Symbol.asyncDispose]() {
      await browser.close();
      scratch[Symbol.dispose]();
    },
  };
}
