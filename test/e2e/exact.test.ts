/**
 * Checks that the engine receives the samples that ffmpeg decodes from the same file. The files are a part of the
 * comparison set in test/audio/exact.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(60_000);

const folder = join(repository, "test/audio/exact/samples");
const names = readdirSync(folder).filter((name) => !name.endsWith(".s16"));
/** Maximum difference of the lengths in samples. 16 samples are 1 ms. */
const lengthDifferenceMax = 16;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_TEMPERATURE_FALLBACK: "off" },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

test("the folder has at least 20 samples", () => {
  expect(names.length).toBeGreaterThanOrEqual(20);
});

test.each(names)("the engine gets the samples of %s that ffmpeg decodes", async (name) => {
  const reference = new Int16Array(await Bun.file(join(folder, `${name}.s16`)).arrayBuffer());
  const heard = await samplesOf(new File([Bun.file(join(folder, name))], name));
  expect(Math.abs(heard.length - reference.length)).toBeLessThanOrEqual(lengthDifferenceMax);
  expect(snrDb(heard, reference)).toBeGreaterThan(40);
});

// --- internal ---

/** Returns the samples that the null engine reports for the file. */
async function samplesOf(file: File): Promise<Int16Array> {
  const fields = { file, model: "null:echo", language: "en", prompt: "samples" };
  const response = await server.post(formOf({ ...fields, response_format: "text" }));
  const text = (await response.text()).trim();
  expect(response.status, text).toBe(200);
  return Int16Array.from({ length: text.length / 4 }, (_, n) => {
    const digits = Buffer.from(text.slice(4 * n, 4 * n + 4).toLowerCase());
    return digits.reduce((sum, digit) => 16 * sum + digit - 97, 0) ^ (n * 40_503);
  });
}

/**
 * Returns the signal-to-noise ratio in dB: the power of the reference divided by the power of the difference. Ignores
 * samples that only the longer of the two signals has.
 */
function snrDb(samples: Int16Array, reference: Int16Array): number {
  let signal = 0;
  let noise = 0;
  for (let n = 0; n < Math.min(samples.length, reference.length); n++) {
    const wanted = reference[n] ?? 0;
    signal += wanted ** 2;
    noise += (wanted - (samples[n] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / Math.max(noise, 1));
}
