import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { loadConfig, type Setting, settings, UsageError, vadPreset } from "../src/config.ts";

const entries = Object.entries<Setting<unknown>>(settings);

test("every setting has its default in an empty environment", () => {
  const config = loadConfig({}, {});
  expect(config).toMatchObject({
    host: "127.0.0.1",
    port: 8000,
    defaultModel: null,
    preload: [],
    apiKeys: [],
    lanes: 0,
    threadsPerLane: 1,
    beamSize: 5,
    encoderWindow: "auto",
    uploadBytesMax: 536_870_912,
    audioSMax: 14_400,
    spoolDir: tmpdir(),
    nullBackend: false,
  });
  expect(config.cacheFolders[0]).toEndWith("open-asr-server");
  expect(Object.isFrozen(config)).toBe(true);
});

test("the config has every setting of the table", () => {
  expect(Object.keys(loadConfig({}, {})).sort()).toEqual(Object.keys(settings).sort());
});

test("a flag wins over its variable, a variable over the default", () => {
  const environment = { OPEN_ASR_SERVER_PORT: "9000", OPEN_ASR_BEAM_SIZE: "1" };
  expect(loadConfig({}, environment)).toMatchObject({ port: 9000, beamSize: 1 });
  expect(loadConfig({ port: "0" }, environment).port).toBe(0);
});

test("lists are separated by commas, paths become absolute, blank variables count as absent", () => {
  const config = loadConfig(
    {},
    {
      OPEN_ASR_SERVER_API_KEY: " one, two ,",
      OPEN_ASR_SERVER_SPOOL_DIR: "spool",
      OPEN_ASR_SERVER_PORT: " ",
    },
  );
  expect(config.apiKeys).toEqual(["one", "two"]);
  expect(config.spoolDir).toBe(`${process.cwd()}/spool`);
  expect(config.port).toBe(8000);
});

for (const [variable, value, expected] of [
  ["OPEN_ASR_SERVER_PORT", "65536", "a whole number from 0 to 65535"],
  ["OPEN_ASR_SERVER_PORT", "8e3", "a whole number from 0 to 65535"],
  ["OPEN_ASR_SERVER_MAX_UPLOAD_BYTES", "512MB", "a whole number from 1 to 9007199254740991"],
  ["OPEN_ASR_BEAM_SIZE", "9", "a whole number from 1 to 8"],
  ["OPEN_ASR_ENCODER_WINDOW", "half", "auto or full"],
  ["OPEN_ASR_VAD", "yes", "on or off"],
  ["OPEN_ASR_VAD_THRESHOLD", "0", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_THRESHOLD", "1.01", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_THRESHOLD", "half", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_NEG_THRESHOLD", "-0.1", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_MIN_SPEECH_MS", "0.5", "a whole number from 0 to 10000"],
  ["OPEN_ASR_VAD_SPEECH_PAD_MS", "2001", "a whole number from 0 to 2000"],
  ["OPEN_ASR_VAD_MAX_SPEECH_S", "4.9", "a number from 5 to 3600"],
  ["OPEN_ASR_SERVER_NULL_BACKEND", "maybe", "true or false"],
] as const) {
  test(`${variable}=${value} stops the start and is named`, () => {
    const words = `${variable} is "${value}", expected ${expected}`;
    expect(() => loadConfig({}, { [variable]: value })).toThrow(new UsageError(words));
  });
}

test("a bad flag is named as the flag", () => {
  expect(() => loadConfig({ port: "x" }, { OPEN_ASR_SERVER_PORT: "1" })).toThrow('--port is "x"');
});

test("voice activity is tuned by flags and variables, faster-whisper's values without them", () => {
  expect(vadPreset(loadConfig({}, {}))).toEqual({
    on: true,
    options: {
      threshold: 0.5,
      negThreshold: null,
      minSpeechMs: 0,
      minSilenceMs: 2000,
      speechPadMs: 400,
      maxSpeechS: null,
    },
  });
  const flags = {
    vad: "off",
    "vad-threshold": ".6",
    "vad-neg-threshold": "0.6",
    "vad-min-speech-ms": "250",
    "vad-min-silence-ms": "500",
    "vad-speech-pad-ms": "0",
    "vad-max-speech-s": "12.5",
  };
  const tuned = {
    on: false,
    options: {
      threshold: 0.6,
      negThreshold: 0.6,
      minSpeechMs: 250,
      minSilenceMs: 500,
      speechPadMs: 0,
      maxSpeechS: 12.5,
    },
  };
  expect(vadPreset(loadConfig(flags, {}))).toEqual(tuned);
  const variables = Object.entries(flags).map(([name, value]) => [
    `OPEN_ASR_${name.toUpperCase().replaceAll("-", "_")}`,
    value,
  ]);
  expect(vadPreset(loadConfig({}, Object.fromEntries(variables)))).toEqual(tuned);
});

test("silence that would begin above speech stops the start", () => {
  const flags = { "vad-threshold": "0.3", "vad-neg-threshold": "0.4" };
  expect(() => loadConfig(flags, {})).toThrow(
    new UsageError("--vad-neg-threshold is 0.4, expected at most the threshold, 0.3"),
  );
});

test("no two settings share a variable or a flag, and each has help", () => {
  for (const key of ["variable", "flag", "alias"] as const) {
    const names = entries.flatMap(([, entry]) => entry[key] ?? []);
    expect(new Set(names).size).toBe(names.length);
  }
  for (const [, entry] of entries) expect(entry.help.length).toBeGreaterThan(10);
});
