/**
 * Tests the commands `transcribe` and `serve` with a model that is not on this machine: the progress of the download,
 * Ctrl-C during the download, and the work after the download.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startHub } from "../models/hub/local-hub.ts";
import { isWindows } from "../windows.ts";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { startServer } from "./server.ts";

setDefaultTimeout(60_000);

const weights = readFileSync(join(repository, ".build/models/ggml-tiny.en-q8_0.bin"));
const speech = join(repository, "samples/jfk_0_5.flac");
const repositories = { "ggerganov/whisper.cpp": { "ggml-tiny.en.bin": weights } };
// The progress rounds to whole MB, so it shows "5 MB" only when all of this part has arrived.
const firstPart = 4_500_000;

/** A fault of the hub: the hub sends the first part of the weights, and then sends nothing more. */
const stalls: NonNullable<Parameters<typeof startHub>[0]["fault"]> = (
  { host, headers },
  response,
) => {
  if (host !== "storage" || headers.range !== undefined) return false;
  response.writeHead(200, { "content-length": weights.length });
  response.write(weights.subarray(0, firstPart));
  return true;
};

let command: ReturnType<typeof openCommandLine>;
beforeEach(() => {
  command = openCommandLine();
});
afterEach(() => command[Symbol.dispose]());

const at = (hub: { endpoint: string }) => ({ HF_ENDPOINT: hub.endpoint, HF_HUB_OFFLINE: "0" });
const partBytes = () => {
  const blobs = join(command.folder, "hub/models--ggerganov--whisper.cpp/blobs");
  return readdirSync(blobs).map((name) => Bun.file(join(blobs, name)).size);
};

const stopped = "open-asr-server: The download was stopped. The same command continues it";
const commands = [
  ["models", "pull", "tiny.en"],
  ["transcribe", speech, "--model", "tiny.en"],
  ["serve", "--port", "0", "--preload", "tiny.en"],
];

describe.skipIf(isWindows)("Ctrl-C in a terminal", () => {
  describe.each([40, 120])("of %d columns", (columns) => {
    test.each(commands)("ends the download of `%s %s`, which can continue", async (...args) => {
      using hub = await startHub({ repositories, fault: stalls });
      const { text, code } = await command.inTerminal(args, {
        columns,
        environment: at(hub),
        interruptAt: "5 MB of 44 MB",
      });
      expect(code).toBe(130);
      const clearLine = "\r\u001B[K";
      const lines = text
        .split(clearLine)
        .slice(1)
        .filter((line) => line.includes(" of 44 MB"));
      for (const line of lines) {
        expect(Bun.stringWidth(line.replace("^C", ""))).toBeLessThan(columns - 2);
        expect(line).toContain("tiny.en");
      }
      expect(lines.some((line) => line.includes("#"))).toBe(columns === 120);
      expect(text.slice(text.lastIndexOf(clearLine) + clearLine.length)).toBe(`${stopped}\r\n`);
      expect(partBytes()).toEqual([firstPart]);
    });
  });
});

test("transcribe downloads the model, then prints only the transcript", async () => {
  using hub = await startHub({ repositories });
  const args = ["transcribe", speech, "--model", "tiny.en"];
  const { stdout, stderr, code } = await command.run(args, { environment: at(hub) });
  expect(stdout.toLowerCase()).toContain("my fellow americans");
  expect(stderr).toMatch(
    /^open-asr-server: downloading tiny.en: 0 % of 44 MB\n(?:.*\n)*open-asr-server: downloading tiny.en: done, 44 MB\n$/,
  );
  expect(code).toBe(0);
});

test("serve downloads its models before it listens, and logs it", async () => {
  using hub = await startHub({ repositories });
  await using server = await startServer({
    flags: ["--preload", "tiny.en", "--model", "tiny.en"],
    environment: at(hub),
  });
  const downloads = server
    .log()
    .split("\n")
    .filter((line) => line.includes(" info downloading "));
  expect(downloads[0]).toContain('model=tiny.en progress="0 % of 44 MB"');
  expect(downloads.at(-1)).toContain('progress="done, 44 MB"');
  const weightsRequests = hub.requests.filter(({ host }) => host === "storage");
  expect(weightsRequests).toHaveLength(1);
});

test.each([
  [["--pull", "never"], { HF_HUB_OFFLINE: "0" }, "open-asr-server models pull tiny.en"],
  [[], {}, "https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-tiny.en.bin"],
])("with %j %j the error tells how to get the model", async (flags, environment, advice) => {
  const args = ["transcribe", speech, "--model", "tiny.en", ...flags];
  const { stderr, code } = await command.run(args, { environment });
  expect(stderr).toContain(advice);
  expect(code).toBe(1);
});
