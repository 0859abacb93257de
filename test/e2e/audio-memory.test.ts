/** Long files through the executable: memory does not grow with them, and engines hear their start before their end is read. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { peakMemoryBytes } from "./processes.ts";
import { formOf, nullEngine, startServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(300_000);

const formatsFolder = join(repository, "test/audio/formats");
const growthMax = 40 * 1024 * 1024;
/** As 16-bit samples, the form of the smallest copy, such a file takes more memory than `growthMax`. */
const longS = 25 * 60;

test.skipIf(process.platform !== "linux").each([
  ["wav", () => wavOf(longS, tone)],
  ["opus", () => longOpus(longS)],
  ["m4a", () => longM4a(longS)],
])("a long %s takes at most 40 MB more than a short one", async (_name, long) => {
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
});

test("an engine hears the start of a file before its end is decoded", async () => {
  await using server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_MAX_AUDIO_SAMPLES: `${48_000 * (longS - 60)}` },
  });
  const file = longOpus(longS);
  const post = (prompt: string) => server.post(formOf({ file, model: "null:echo", prompt }));
  // What ends the job is the engine's crash at the first chunk, or else the limit near the file's end.
  await expectError(await post("say hi"), { status: 400, code: "audio_limit_exceeded" });
  expect((await post("crash")).status).toBe(500);
});

// --- internal ---

/** Three seconds again and again, in a chain. */
function longOpus(durationS: number): File {
  const link = readFileSync(join(formatsFolder, "opus.ogg"));
  const links = Array.from({ length: Math.ceil(durationS / 3) }, () => link);
  return new File(links, "long.ogg");
}

/** The fragments of three seconds again and again. */
function longM4a(durationS: number): File {
  const file = readFileSync(join(formatsFolder, "aac-fragmented.mp4"));
  const [start, end] = [file.indexOf("moof") - 4, file.indexOf("mfra") - 4];
  const fragments = file.subarray(start, end);
  const repeated = Array.from({ length: Math.ceil(durationS / 3) }, () => fragments);
  return new File([file.subarray(0, start), ...repeated], "long.m4a");
}
