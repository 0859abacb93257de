/**
 * Tests long files. Memory use must not grow with the length of a file. The engine must receive the start of a file
 * before the decoder reaches the end of the file.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { peakMemoryBytes } from "./processes.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(300_000);

const formatsFolder = join(repository, "test/audio/formats");
const growthMax = 40 * 1024 * 1024;
/**
 * Duration of the long files in seconds. The decoded audio of such a file is larger than `growthMax`, even with only
 * two bytes for each sample.
 */
const longS = 25 * 60;

test.skipIf(process.platform !== "linux").each([
  ["wav", () => wavOf(longS, tone)],
  ["opus", () => longOpus(longS)],
  ["m4a", () => longM4a(longS)],
])(
  "the runner needs at most 40 MB more for a long %s than for a short one",
  async (_name, long) => {
    await using server = await startServer({ environment: nullEngine });
    const durationOf = async (file: File) => {
      const fields = { file, model: "null:echo", response_format: "verbose_json" };
      const response = await server.post(formOf(fields));
      expect(response.status).toBe(200);
      return ((await response.json()) as { duration: number }).duration;
    };
    expect(await durationOf(wavOf(1, tone))).toBe(1);
    const [runner] = server.runners();
    const before = peakMemoryBytes(runner!);
    expect(await durationOf(long())).toBeWithin(longS - 1, longS + 60);
    expect(server.runners()).toEqual([runner!]);
    expect(peakMemoryBytes(runner!) - before).toBeLessThanOrEqual(growthMax);
  },
);

test.skipIf(process.platform !== "linux")(
  "40 waiting files hold far less decoded audio than they would without a bound",
  async () => {
    const flags = ["--workers", "2"];
    await using server = await startServer({ flags, environment: nullEngine });
    const post = (prompt: string, seconds: number) => {
      const file = wavOf(seconds, tone);
      return server.post(formOf({ file, model: "null:echo", language: "en", prompt }));
    };
    await (await post("say hi", 1)).text();
    const [runner] = server.runners();
    const before = peakMemoryBytes(runner!);
    // Without a bound, each file would hold four chunks of 30 s, together 307 MB.
    const files = Array.from({ length: 40 }, () => post("sleep 4000", 130).catch(() => null));
    await until("all files are on disk", () => server.spooled().length === 40);
    await Bun.sleep(3000);
    expect(peakMemoryBytes(runner!) - before).toBeLessThan(100 * 1024 * 1024);
    await server.stop("SIGKILL");
    await Promise.all(files);
  },
);

test("the engine gets the start of a file before the decoder reaches its end", async () => {
  await using server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_MAX_AUDIO_SAMPLES: `${48_000 * (longS - 60)}` },
  });
  const file = longOpus(longS);
  const post = (prompt: string) => server.post(formOf({ file, model: "null:echo", prompt }));
  // The file is longer than the audio limit. The first job fails when the decoder reaches this limit, near the end of
  // the file. The second job fails earlier, because the engine crashes at the first chunk. So the engine received the
  // first chunk before the decoder reached the limit.
  await expectError(await post("say hi"), { status: 400, code: "audio_limit_exceeded" });
  expect((await post("crash")).status).toBe(500);
});

// --- internal ---

/** Returns a long Opus file, which repeats the same three seconds. */
function longOpus(durationS: number): File {
  const link = readFileSync(join(formatsFolder, "opus.ogg"));
  const links = Array.from({ length: Math.ceil(durationS / 3) }, () => link);
  return new File(links, "long.ogg");
}

/** Returns a long M4A file, which repeats the same fragments of three seconds. */
function longM4a(durationS: number): File {
  const file = readFileSync(join(formatsFolder, "aac-fragmented.mp4"));
  const [start, end] = [file.indexOf("moof") - 4, file.indexOf("mfra") - 4];
  const fragments = file.subarray(start, end);
  const repeated = Array.from({ length: Math.ceil(durationS / 3) }, () => fragments);
  return new File([file.subarray(0, start), ...repeated], "long.m4a");
}
