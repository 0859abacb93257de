/** Tests malicious files. The server must reject or transcribe each of them, and other requests must succeed. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";
import { unheard } from "./unheard.ts";

setDefaultTimeout(120_000);

const hostileFolder = join(repository, "test/audio/hostile");
const formatsFolder = join(repository, "test/audio/formats");

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ environment: nullEngine });
});
afterAll(() => server[Symbol.asyncDispose]());

test("the server survives all files that fuzzing found", async () => {
  expect((await post(readFileSync(join(formatsFolder, "aac.m4a")))).status).toBe(200);
  const runners = server.runners();
  for (const name of readdirSync(hostileFolder)) {
    const response = await post(readFileSync(join(hostileFolder, name)));
    expect([200, 400], name).toContain(response.status);
    // The response must not contain internal messages of a decoder, because they do not help a client.
    expect(await response.text(), name).not.toMatch(/index|panic|overflow/);
  }
  expect(server.runners()).toEqual(runners);
  expect((await post(readFileSync(join(formatsFolder, "aac.m4a")))).status).toBe(200);
});

test.each([
  ["aac.m4a", 40],
  ["flac.flac", 20],
  ["opus.ogg", 30],
  ["opus.webm", 60],
  ["mp3.mp3", 400],
])(
  "the server rejects the start of %s (the first %d bytes) as invalid audio",
  async (name, length) => {
    const response = await post(readFileSync(join(formatsFolder, name)).subarray(0, length));
    await expectError(response, { status: 400, code: "invalid_audio" });
  },
);

test("the server answers other requests while it decodes hours of audio that no engine gets", async () => {
  const leaving = new AbortController();
  const form = formOf({ file: unheard(), model: "null:echo" });
  let answered = false;
  const answer = server.post(form, { signal: leaving.signal }).finally(() => (answered = true));
  await until("the upload is on disk", () => server.spooled().length === 1);
  await Bun.sleep(500);
  for (const name of ["aac.m4a", "mp3.mp3", "wav-s16le.wav"]) {
    expect((await post(readFileSync(join(formatsFolder, name)))).status).toBe(200);
  }
  expect(answered).toBe(false);
  leaving.abort();
  expect(await answer.catch(() => "cut off")).toBe("cut off");
});

// --- internal ---

function post(bytes: Buffer): Promise<Response> {
  return server.post(formOf({ file: new File([bytes], "upload"), model: "null:echo" }));
}
