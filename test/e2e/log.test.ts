/** Tests that the server continues when the program that reads the log exits or stops reading. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { isWindows } from "../windows.ts";
import { exitOf, spawnServer } from "./bare-server.ts";
import { openScratch } from "./executable.ts";

setDefaultTimeout(60_000);

describe.skipIf(isWindows)("a server that logs", () => {
  test("continues after the reader of its log exits, and stops cleanly on SIGTERM", async () => {
    using scratch = openScratch();
    const { child, url } = await spawnServer({ env: scratch.environment });
    child.stdout?.destroy();
    child.stderr?.destroy();
    for (let n = 0; n < 20; n += 1) expect((await fetch(`${url}/health`)).status).toBe(200);
    // If a write to the log fails, the error appears within this time.
    await Bun.sleep(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await exitOf(child)).toBe(0);
  });

  test("still answers when the reader of its log stops reading", async () => {
    using scratch = openScratch();
    const { child, url } = await spawnServer({ env: scratch.environment });
    // The log lines of these requests fill the pipe, because the test reads none of them.
    for (let n = 0; n < 1000; n += 1) expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill("SIGTERM");
    child.stderr?.resume();
    expect(await exitOf(child)).toBe(0);
  });
});
