/** Tests the API page in a browser: it works without other servers, with a key, and within its policy. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Page } from "puppeteer-core";
import { startServer } from "../../e2e/server.ts";
import { openPage, runsBrowser } from "./chromium.ts";

setDefaultTimeout(180_000);

/** Waits until the page shows the operation with this path. */
async function waitForPath(page: Page, path: string): Promise<void> {
  await page.waitForSelector(`.opblock-summary-path[data-path="${path}"]`);
}

describe.skipIf(!runsBrowser)("the API page", () => {
  test("shows all routes, calls one, and requests nothing from other servers", async () => {
    await using server = await startServer();
    await using opened = await openPage(`${server.url}/docs`);
    const { page } = opened;
    const described = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      readonly paths: Record<string, object>;
    };
    for (const path of Object.keys(described.paths)) await waitForPath(page, path);
    await page.click('.opblock-summary-path[data-path="/health"]');
    await (await page.waitForSelector(".opblock-body .execute"))?.click();
    await page.waitForFunction(() =>
      document.querySelector(".live-responses-table")?.textContent?.includes('"status": "ok"'),
    );
    expect(opened.foreign).toEqual([]);
    expect(opened.errors).toEqual([]);
  });

  test("asks for the key, and sends it with each call", async () => {
    const environment = { OPEN_ASR_SERVER_API_KEY: "right-key" };
    await using server = await startServer({ environment });
    await using opened = await openPage(`${server.url}/docs`);
    const { page } = opened;
    await page.waitForSelector("#key[open]");
    for (const key of ["wrong-key", "right-key"]) {
      await page.type("#key input", key);
      await page.keyboard.press("Enter");
      if (key !== "wrong-key") continue;
      await page.waitForFunction(() =>
        document.querySelector("#key[open] #key-reason")?.textContent?.includes("did not accept"),
      );
    }
    await waitForPath(page, "/v1/models");
    await page.click('.opblock-summary-path[data-path="/v1/models"]');
    await (await page.waitForSelector(".opblock-body .execute"))?.click();
    await page.waitForFunction(() =>
      document.querySelector(".live-responses-table")?.textContent?.includes('"id": "base"'),
    );
    expect(opened.foreign).toEqual([]);
    expect(opened.errors).toEqual([]);
  });
});
