/**
 * Tests audio files from real users: damaged files, files with wrong header fields, and files with tags before or after
 * the audio.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { countWordErrors } from "../../src/transcript/word-errors.ts";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(120_000);

const spoken = "Agent login. Please enter your agent number followed by the pound key.";
const continuation = "13-mediarecorder-second-chunk.webm";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

// The numbers are durations in seconds. 01c is shorter by 20 ms, because its damaged block is left out. 07a contains a
// shorter recording than the other files.
test.each([
  ["01a-webm-crlf-behind.webm", 4.907],
  ["01c-webm-one-bad-byte-in-last-block.webm", 4.887],
  ["05a-wav-blockalign-in-bits.wav", 4.907],
  ["05b-wav-mono-blockalign-of-stereo.wav", 4.907],
  ["07a-flac-id3v1-behind.flac", 4.608],
  ["09-float-wav-of-int16-range.wav", 4.907],
  ["11a-wav-behind-id3.wav", 4.907],
])("the server transcribes all of %s", async (name, durationS) => {
  const { text, duration } = await server.client().audio.transcriptions.create({
    file: caseFile(name),
    model: "base",
    language: "en",
    response_format: "verbose_json",
  });
  expect(countWordErrors(spoken, text), text).toEqual({ wrong: 0, words: 12 });
  expect(duration).toBeCloseTo(durationS, 2);
});

test("the server rejects a webm without its beginning, and the message explains what to send", async () => {
  const response = await server.post(formOf({ file: caseFile(continuation), model: "null:echo" }));
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toContain(
    "a webm without its beginning: send the recording from its first chunk",
  );
});

// --- internal ---

function caseFile(name: string): File {
  return new File([Bun.file(join(repository, "test/audio/cases", name))], name);
}
