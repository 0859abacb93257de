/**
 * Tests the limits of the decoder. Each limit is set to a low value. The server must reject a file above the limit, and
 * the error message must contain the limit and its setting.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { repository } from "./executable.ts";
import { expectError } from "./failures.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const formats = join(repository, "test/audio/formats");

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
      OPEN_ASR_SERVER_MAX_AUDIO_SECONDS: "3600",
      OPEN_ASR_SERVER_MAX_AUDIO_CHANNELS: "5",
      OPEN_ASR_SERVER_MIN_AUDIO_RATE: "11000",
      OPEN_ASR_SERVER_MAX_AUDIO_RATE: "95999",
      OPEN_ASR_SERVER_MAX_AUDIO_SAMPLES: "280000",
      OPEN_ASR_SERVER_MAX_DECODE_MEMORY_BYTES: "150000",
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

test.each([
  ["the channels", "wav-surround.wav", /6 channels, at most 5 .*MAX_AUDIO_CHANNELS/],
  ["the sample rate", "wav-8k.wav", /8000 Hz, 11000 to 95999 Hz .*MIN_AUDIO_RATE/],
  ["the sample rate", "wav-96k-stereo.wav", /96000 Hz, 11000 to 95999 Hz .*MAX_AUDIO_RATE/],
  // For this file, the resampler needs its largest table, because the sample rate of the file and 16,000 Hz have no
  // common divisor except 1.
  [
    "the memory",
    "wav-odd-rate.wav",
    /\d bytes of memory, at most 150000 .*MAX_DECODE_MEMORY_BYTES/,
  ],
])("the server rejects a file above the limit of %s: %s", async (_what, name, says) => {
  const file = new File([Bun.file(join(formats, name))], name);
  await expectError(await server.post(formOf({ file })), {
    status: 400,
    code: "audio_limit_exceeded",
    param: "file",
    says,
  });
});

test("the server rejects a file above the limit of the samples", async () => {
  const file = wavOf(20, tone);
  await expectError(await server.post(formOf({ file })), {
    status: 400,
    code: "audio_limit_exceeded",
    param: "file",
    says: /more than 280000 samples .*MAX_AUDIO_SAMPLES/,
  });
});

test.each(["wav-11k.wav", "mp3-mpeg2.mp3", "aac-22k.m4a"])(
  "the server accepts %s, which is within all limits",
  async (name) => {
    const file = new File([Bun.file(join(formats, name))], name);
    expect((await server.post(formOf({ file }))).status).toBe(200);
  },
);

test("the server stops decoding that takes longer than its time limit", async () => {
  await using other = await startServer({
    environment: {
      ...nullEngine,
      OPEN_ASR_SERVER_DEFAULT_MODEL: "null:echo",
      OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS: "1",
    },
  });
  // A file with one and a half hours of speech. It consists of many short files.
  const link = await Bun.file(join(formats, "opus.ogg")).bytes();
  const file = new File(
    Array.from({ length: 1800 }, () => link),
    "long.ogg",
  );
  await expectError(await other.post(formOf({ file })), {
    status: 400,
    code: "audio_limit_exceeded",
    param: "file",
    says: /longer than 1000 ms.*OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS/,
  });
});
