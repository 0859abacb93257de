import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { defaultsExcept, loadConfig, UsageError, vadPreset } from "../../src/settings/config.ts";
import { settings } from "../../src/settings/index.ts";
import type { Setting } from "../../src/settings/setting.ts";

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
    batchSize: 12,
    threadsPerLane: 1,
    beamSize: 5,
    encoderWindow: "auto",
    uploadBytesMax: 536_870_912,
    audioSMax: 14_400,
    audioChannelsMax: 32,
    audioRateMin: 1_000,
    audioRateMax: 768_000,
    audioSamplesMax: 10_000_000_000,
    decodeTimeoutS: 1_800,
    decodeBytesMax: 33_554_432,
    spoolDir: tmpdir(),
    nullBackend: false,
    mlxLibrary: null,
  });
  expect(config.cacheFolders[0]).toEndWith("open-asr-server");
  expect(Object.isFrozen(config)).toBe(true);
});

test("the config has every setting of the table", () => {
  expect(Object.keys(loadConfig({}, {})).sort()).toEqual(Object.keys(settings).sort());
});

test("a flag has priority over its variable, and a variable over the default", () => {
  const environment = { OPEN_ASR_SERVER_PORT: "9000", OPEN_ASR_BEAM_SIZE: "1" };
  expect(loadConfig({}, environment)).toMatchObject({ port: 9000, beamSize: 1 });
  expect(loadConfig({ port: "0" }, environment).port).toBe(0);
});

test("a command that keeps only its own settings has the defaults of all others", () => {
  const config = loadConfig({}, { OPEN_ASR_SERVER_API_KEY: "k", OPEN_ASR_BEAM_SIZE: "1" });
  expect(defaultsExcept("bench", config)).toEqual({ ...config, apiKeys: [] });
  expect(defaultsExcept("serve", config)).toEqual(config);
});

test("commas separate lists, paths become absolute, and blank variables count as absent", () => {
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
  ["OPEN_ASR_SERVER_MAX_UPLOAD_BYTES", "512MB", "a whole number from 1 to 1099511627776"],
  ["OPEN_ASR_SERVER_ALLOWED_MODELS", ",", "a comma-separated list, at least one"],
  [
    "OPEN_ASR_SERVER_ALLOWED_HOSTS",
    "a/b",
    "a comma-separated list of host names without port, at least one",
  ],
  ["OPEN_ASR_BEAM_SIZE", "9", "a whole number from 1 to 8"],
  ["OPEN_ASR_ENCODER_WINDOW", "half", "auto or full"],
  ["OPEN_ASR_VAD", "yes", "on or off"],
  ["OPEN_ASR_VAD", "toString", "on or off"],
  ["OPEN_ASR_VAD_THRESHOLD", "0", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_THRESHOLD", "1.01", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_THRESHOLD", "half", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_NEG_THRESHOLD", "-0.1", "a number from 0.01 to 1"],
  ["OPEN_ASR_VAD_MIN_SPEECH_MS", "0.5", "a whole number from 0 to 10000"],
  ["OPEN_ASR_VAD_SPEECH_PAD_MS", "2001", "a whole number from 0 to 2000"],
  ["OPEN_ASR_VAD_MAX_SPEECH_S", "4.9", "a number from 5 to 3600"],
  ["OPEN_ASR_SERVER_NULL_BACKEND", "maybe", "true or false"],
  ["OPEN_ASR_SERVER_NULL_BACKEND", "constructor", "true or false"],
] as const) {
  test(`${variable}=${value} is rejected with the variable's name and the allowed values`, () => {
    const words = `${variable} is "${value}", expected ${expected}`;
    expect(() => loadConfig({}, { [variable]: value })).toThrow(new UsageError(words));
  });
}

test.each([
  ["OPEN_ASR_SERVER_ALLOWED_HOSTS", "a.example, b.example:80,c/d", '; "b.example:80" is not valid'],
  [
    "OPEN_ASR_SERVER_CORS_ORIGINS",
    "null,https://b.example/app",
    '; "https://b.example/app" is not valid',
  ],
  ["OPEN_ASR_SERVER_MODEL_ALIASES", "a=base,b", '; "b" is not valid'],
  ["OPEN_ASR_SERVER_API_KEY", "good,s3cret with a blank", "; item 2 is not valid"],
])("the error for the list %s=%s names the wrong item", (variable, value, end) => {
  const [problem, ...more] = problemsOf({ [variable]: value });
  expect(problem).toEndWith(`, at least one${end}`);
  expect(more).toEqual([]);
});

test("the error for an invalid flag names the flag, not the variable", () => {
  expect(() => loadConfig({ port: "x" }, { OPEN_ASR_SERVER_PORT: "1" })).toThrow('--port is "x"');
});

test.each(["spool-dir", "allowed-models", "cors-origins", "host", "port", "model", "log-level"])(
  "a blank --%s is rejected; it does not mean the default",
  (flag) => {
    for (const blank of ["", " "]) {
      const [problem, ...more] = problemsOf({}, { [flag]: blank });
      expect(problem).toStartWith(`--${flag} is "${blank}", expected `);
      expect(more).toEqual([]);
    }
  },
);

test("a key list without a key is rejected, because it would open the server to anyone", () => {
  for (const keys of [",", " , ", ",,"]) {
    const [problem] = problemsOf({ OPEN_ASR_SERVER_API_KEY: keys });
    expect(problem).toMatch(/^OPEN_ASR_SERVER_API_KEY .*at least one$/);
  }
  expect(loadConfig({}, { OPEN_ASR_SERVER_API_KEY: "" }).apiKeys).toEqual([]);
});

test("flags and variables tune voice activity detection; the defaults are faster-whisper's", () => {
  expect(vadPreset(loadConfig({}, {}))).toEqual({
    on: true,
    options: {
      threshold: 0.5,
      negThreshold: null,
      peakThreshold: null,
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
    "vad-peak-threshold": "0.8",
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
      peakThreshold: 0.8,
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

test("a threshold of silence above the threshold of speech is rejected", () => {
  const flags = { "vad-threshold": "0.3", "vad-neg-threshold": "0.4" };
  expect(() => loadConfig(flags, {})).toThrow(
    new UsageError("--vad-neg-threshold is 0.4, expected at most the threshold, 0.3"),
  );
});

test("every problem is reported on a line of its own", () => {
  const environment = {
    OPEN_ASR_SERVER_PORT: "x",
    OPEN_ASR_SERVER_MODELDIR: "/models",
    OPEN_ASR_SERVER_DEFAULT_MODLE: "base",
    OPEN_ASR_SERVER_HOST: "0.0.0.0",
  };
  expect(problemsOf(environment, { beam: "9" })).toEqual([
    "Unknown setting OPEN_ASR_SERVER_MODELDIR: did you mean OPEN_ASR_SERVER_MODEL_DIR?",
    "Unknown setting OPEN_ASR_SERVER_DEFAULT_MODLE: did you mean OPEN_ASR_SERVER_DEFAULT_MODEL?",
    'OPEN_ASR_SERVER_PORT is "x", expected a whole number from 0 to 65535',
    '--beam is "9", expected a whole number from 1 to 8',
  ]);
});

test("the error for an invalid key does not contain the key", () => {
  const [problem, ...more] = problemsOf({ OPEN_ASR_SERVER_API_KEY: "good,s3cret with a blank" });
  expect(problem).toMatch(/^OPEN_ASR_SERVER_API_KEY .*, expected .*visible ASCII/);
  expect(problem).not.toContain("s3cret");
  expect(more).toEqual([]);
});

test("the variables that Kubernetes sets for a Service of this name are ignored", () => {
  const environment = {
    OPEN_ASR_SERVER_PORT: "tcp://10.0.0.7:8000",
    OPEN_ASR_SERVER_PORT_8000_TCP: "tcp://10.0.0.7:8000",
    OPEN_ASR_SERVER_PORT_8000_TCP_PROTO: "tcp",
    OPEN_ASR_SERVER_PORT_8000_TCP_PORT: "8000",
    OPEN_ASR_SERVER_PORT_8000_TCP_ADDR: "10.0.0.7",
    OPEN_ASR_SERVER_SERVICE_HOST: "10.0.0.7",
    OPEN_ASR_SERVER_SERVICE_PORT: "8000",
    OPEN_ASR_SERVER_SERVICE_PORT_HTTP: "8000",
    OPEN_ASR_SERVER_METRICS_PORT: "tcp://10.0.0.8:9000",
    OPEN_ASR_SERVICE_HOST: "10.0.0.9",
    OPEN_ASR_PORT: "tcp://10.0.0.9:80",
  };
  expect(loadConfig({}, environment).port).toBe(8000);
  expect(problemsOf({ OPEN_ASR_SERVER_PORT: "udp" })).toHaveLength(1);
  expect(problemsOf({ OPEN_ASR_SERVER_METRICS_PORT: "9000" })).toHaveLength(1);
});

test("every variable of the Python server is known", () => {
  const python = [
    ..."DEFAULT_MODEL PRELOAD API_KEY ALLOWED_MODELS MAX_UPLOAD_BYTES MODEL_DIR HF_TOKEN".split(
      " ",
    ),
    ..."TRANSCRIBE_WORKERS MODEL_IDLE_SECONDS MODEL_EVICT_INTERVAL_SECONDS".split(" "),
    "EVICT_PRELOADED_MODELS",
    "RATE_LIMIT_PER_MINUTE",
    "TRANSCRIBE_TIMEOUT_SECONDS",
  ].map((name) => `OPEN_ASR_SERVER_${name}`);
  for (const name of python) expect(problemsOf({ [name]: "1" })).toEqual([]);
  expect(problemsOf({ OPEN_ASR_DEFAULT_BACKEND: "whisper-cpp" })).toEqual([]);
});

test("settings share no variable and no flag, and each has a help text", () => {
  for (const key of ["variable", "flag", "alias"] as const) {
    const names = entries.flatMap(([, entry]) => entry[key] ?? []);
    expect(new Set(names).size).toBe(names.length);
  }
  for (const [, entry] of entries) expect(entry.help.length).toBeGreaterThan(10);
});

// --- internal ---

/** Returns the lines of the error that loadConfig() throws. Empty if it throws no error. */
function problemsOf(
  environment: Readonly<Record<string, string>>,
  flags: Readonly<Record<string, string>> = {},
): readonly string[] {
  try {
    loadConfig(flags, environment);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.lines;
    throw error;
  }
}

test.skipIf(process.platform === "darwin")(
  "the error for a GPU that no backend supports lists the devices of each backend",
  () => {
    expect(() => loadConfig({ device: "gpu" }, {})).toThrow(
      /"gpu", expected auto or cpu.*whisper-cpp: cpu; faster-whisper: cpu/,
    );
  },
);
