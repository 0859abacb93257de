/** Tests the web page in a browser: files, text, corrections, playback, and failures. */
import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nullEngine, startServer, until, type TestServer } from "../../e2e/server.ts";
import {
  agent,
  dropFiles,
  recording,
  setPrompt,
  textOf,
  toneFile,
  waitForText,
} from "./actions.ts";
import { type OpenPage, openPage, runsBrowser } from "./chromium.ts";

setDefaultTimeout(120_000);

const echo = { environment: nullEngine, flags: ["--model", "null:echo"] };

/** Runs a test with a page. Afterwards, expects that the page made no errors and sent nothing to other servers. */
async function withPage(
  server: TestServer,
  run: (opened: OpenPage) => Promise<void>,
): Promise<void> {
  await using opened = await openPage(server.url);
  await run(opened);
  expect(opened.errors).toEqual([]);
  expect(opened.foreign).toEqual([]);
}

describe.skipIf(!runsBrowser)("with the starter model", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    return () => server[Symbol.asyncDispose]();
  });
  afterEach(() => {
    expect(server.spooled()).toEqual([]);
  });

  test("a dropped file becomes text, is played word by word, corrected and saved", async () => {
    await withPage(server, async ({ page, downloads }) => {
      await dropFiles(page, [recording(agent)]);
      await waitForText(page, "#facts", "Done");
      expect(await textOf(page, "#facts")).toContain("English");
      const text = await textOf(page, "#segments .text");
      expect(text.toLowerCase()).toContain("agent number");

      // Seek with the player, and expect that the right word is highlighted.
      await page.$eval("#player audio", (audio) => {
        audio.currentTime = 2;
      });
      const spoken = () =>
        page.evaluate(() => {
          const [range] = [...(CSS.highlights.get("spoken") ?? [])];
          return range instanceof Range ? range.toString() : null;
        });
      await page.waitForFunction(() => CSS.highlights.has("spoken"));
      expect(text).toContain((await spoken())!);

      // Click near the end of the first line, and expect that the player is there.
      const line = (await page.$("#segments .text"))!;
      const { width, height } = (await line.boundingBox())!;
      const before = await page.$eval("#player audio", (audio) => audio.currentTime);
      await line.click({ offset: { x: Math.min(width, 100), y: height / 2 } });
      await page.waitForFunction(
        (time) =>
          (document.querySelector("#player audio") as HTMLAudioElement).currentTime !== time,
        {},
        before,
      );

      await page.keyboard.press("Home");
      await page.keyboard.type("NEW ");
      for (const format of ["txt", "srt", "vtt", "json"]) {
        await page.click(`#export [data-format=${format}]`);
        const saved = join(downloads, `en_agent-user.${format}`);
        await until(`${saved} exists`, () => existsSync(saved));
        expect(readFileSync(saved, "utf8")).toContain("NEW ");
      }
    });
  });

  test("a translation arrives without a stream", async () => {
    await withPage(server, async ({ page }) => {
      await page.click("[name=translate]");
      await dropFiles(page, [recording(agent)]);
      await waitForText(page, "#facts", "Done");
      expect((await textOf(page, "#segments .text")).toLowerCase()).toContain("agent");
    });
  });

  test("several files are transcribed in their order; a wrong one fails with the reason", async () => {
    await withPage(server, async ({ page }) => {
      const wrong = new File(["# No audio"], "notes.md");
      await dropFiles(page, [wrong, recording(agent)]);
      await waitForText(page, "#file-list", "Done");
      expect(await textOf(page, "#file-list .state")).toMatch(/^Failed\nDone/);
      expect(await textOf(page, "#problem")).toContain("Cannot decode a text file");
      await page.click("[aria-label='Remove notes.md']");
      expect(await textOf(page, "#file-list .name")).toBe("en_agent-user.flac");
      expect(await textOf(page, "#transcript-title")).toBe("en_agent-user.flac");
    });
  });

  test("the models and their state are shown, and a refused download has its reason", async () => {
    await withPage(server, async ({ page }) => {
      await page.click("#open-models");
      await waitForText(page, "#model-list", "99 languages");
      expect(await textOf(page, "#model-list")).toContain("Default");
      await page.type("#pull [name=name]", "tiny.en");
      await page.click("#pull [type=submit]");
      // The tests do not reach the hub.
      await waitForText(page, "#pull-problem", "this server works offline");
    });
  });
});

describe.skipIf(!runsBrowser)("with commands for the null engine", () => {
  test("text arrives before the end, and a cancelled file keeps it", async () => {
    await using server = await startServer(echo);
    await withPage(server, async ({ page }) => {
      // The tone has three chunks. Each sleeps before it returns its text.
      await setPrompt(page, "sleep 1500; say مرحبا hi");
      await dropFiles(page, [await toneFile(100, "long.wav"), await toneFile(1, "next.wav")]);
      await waitForText(page, "#segments .text", "hi");
      expect(await textOf(page, "#facts")).toMatch(/^Transcribing/);
      const direction = await page.$eval(
        "#segments .text",
        (line) => getComputedStyle(line).direction,
      );
      expect(direction).toBe("rtl");
      await page.click("[aria-label='Cancel long.wav']");
      await waitForText(page, "#facts", "Stopped");
      expect(await textOf(page, "#segments .text")).toContain("hi");
      await waitForText(page, "#file-list", "Done");
      await until("the server stopped the work", () =>
        server.log().includes("client_closed_request"),
      );
    });
  });

  test("when the server stops in the middle, the text so far stays, and the page says what to do", async () => {
    await using server = await startServer(echo);
    await withPage(server, async ({ page }) => {
      await setPrompt(page, "sleep 1500; say hi");
      await dropFiles(page, [await toneFile(100, "long.wav")]);
      await waitForText(page, "#segments .text", "hi");
      await server.stop("SIGKILL");
      await waitForText(page, "#problem", "Check that the server is running");
      expect(await textOf(page, "#segments .text")).toContain("hi");
      expect(await textOf(page, "#file-list")).toContain("Try again");
    });
  });

  test("a response of another server is an error of this file only", async () => {
    await using server = await startServer(echo);
    await withPage(server, async ({ page }) => {
      await page.setRequestInterception(true);
      let isFirst = true;
      page.on("request", (request) => {
        const isAnswered = isFirst && request.method() === "POST";
        if (isAnswered) isFirst = false;
        const login = { status: 200, contentType: "text/html", body: "<h1>Log in</h1>" };
        void (isAnswered ? request.respond(login) : request.continue());
      });
      await setPrompt(page, "say hi");
      await dropFiles(page, [await toneFile(1, "first.wav"), await toneFile(1, "second.wav")]);
      await waitForText(page, "#file-list", "Done");
      expect(await textOf(page, "#file-list .state")).toMatch(/^Failed\nDone/);
      expect(await textOf(page, "#problem")).toContain("not from the transcription server");
    });
  });

  test("a crash of the engine is an error of this file only", async () => {
    await using server = await startServer(echo);
    await withPage(server, async ({ page }) => {
      await setPrompt(page, "fail");
      await dropFiles(page, [await toneFile(1, "bad.wav")]);
      await waitForText(page, "#file-list", "Failed");
      await setPrompt(page, "say hi");
      await page.click("[aria-label='Try again: bad.wav']");
      await waitForText(page, "#facts", "Done");
      expect(await textOf(page, "#segments .text")).toBe("hi");
    });
  });
});
