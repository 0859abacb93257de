/** What reads the log may leave, or stop reading: the server goes on. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { isWindows } from "../windows.ts";
import { exitOf, spawnServer } from "./bare-server.ts";
import { openScratch } from "./executable.ts";

setDefaultTimeout(60_000);

describe.skipIf(isWindows)("a server that logs", () => {
  test("outlives whoever reads its log, and stops as if they were there", async () => {
    using scratch = openScratch();
    const { child, url } = await spawnServer({ env: scratch.environment });
    child.stdout?.destroy();
    child.stderr?.destroy();
    for (let n = 0; n < 20; n += 1) expect((await fetch(`${url}/health`)).status).toBe(200);
    // What went wrong with a line would be known by now.
    await Bun.sleep(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await exitOf(child)).toBe(0);
  });

  test("answers as before when nobody reads it any more", async () => {
    using scratch = openScratch();
    const { child, url } = await spawnServer({ env: scratch.environment });
    // More than a pipe holds. The stream is never read.
    for (let n = 0; n < 1000; n += 1) expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill("SIGTERM");
    child.stderr?.resume();
    expect(await exitOf(child)).toBe(0);
  });
});
