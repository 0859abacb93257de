/**
 * Tests models that are not Whisper models. Transducer models convert chunks to tokens with times. Streaming models
 * keep state between calls.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Capabilities } from "../../src/ipc/capabilities.ts";
import type { FromRunner, LoadMessage } from "../../src/ipc/protocol.ts";
import { protocolVersion } from "../../src/ipc/protocol.ts";
import { transcriptionVerboseJson } from "../../src/http/schema.ts";
import { Value } from "@sinclair/typebox/value";
import { vadDefaults } from "../../src/ipc/vad.ts";
import { AudioLibrary, VoiceActivity } from "../../src/runner/audio/audio-library.ts";
import { compressionRatio } from "../../src/transcript/compression-ratio.ts";
import { builtLibrary } from "../backends/built.ts";
import { recording } from "../backends/recording.ts";
import { contractErrors } from "../contract/contract.ts";
import { encodeWav } from "./wav.ts";
import { executable, openScratch } from "./executable.ts";
import { expectError } from "./failures.ts";
import { levelSpeech, type Sound, talk, wordsOf } from "./level-speech.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "./server.ts";

setDefaultTimeout(120_000);

const kinds = ["null:transducer", "null:streaming"] as const;
type Kind = (typeof kinds)[number];

interface Answer {
  readonly text: string;
  readonly language: string;
  readonly segments: readonly ({ id: number; start: number; end: number; text: string } & Record<
    string,
    unknown
  >)[];
  readonly words: readonly { word: string; start: number; end: number }[];
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    environment: { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "2" },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

function ask(model: Kind, file: File, more: Record<string, string> = {}, on = server) {
  const form = formOf({ file, model, response_format: "verbose_json", ...more });
  form.append("timestamp_granularities[]", "word");
  form.append("timestamp_granularities[]", "segment");
  return on.post(form);
}

async function answer(...args: Parameters<typeof ask>): Promise<Answer> {
  const response = await ask(...args);
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return body as Answer;
}

/**
 * Tolerance for times in seconds. It is slightly longer than two frames of the null engine (0.16 s), because the
 * resampler may spread a tone into the next frame.
 */
const toleranceS = 0.17;

function expectWords(found: Answer, sounds: readonly Sound[]): void {
  const expected = wordsOf(sounds);
  expect(found.words.map(({ word }) => word)).toEqual(expected.map(({ word }) => word));
  for (const [i, { start, end }] of found.words.entries()) {
    expect(Math.abs(start - expected[i]!.start)).toBeLessThan(toleranceS);
    expect(Math.abs(end - expected[i]!.end)).toBeLessThan(toleranceS);
    expect(start).toBeGreaterThanOrEqual(found.words[i - 1]?.end ?? 0);
  }
  const texts = sounds.map(({ text }) => text).filter((text) => text !== "work");
  expect(found.text).toBe(texts.join(" "));
}

describe.each(kinds)("the model %s", (model) => {
  test("returns sentences with all fields except the no-speech probability, which needs voice activity", async () => {
    const sounds = [
      { startS: 0.48, text: "ab" },
      { startS: 1.52, text: "cd." },
      { startS: 2.56, text: "ef" },
      { startS: 4.96, text: "gh" },
    ];
    const found = await answer(model, levelSpeech(sounds, 6));
    expectWords(found, sounds);
    expect(Value.Check(transcriptionVerboseJson, found)).toBe(true);
    expect(found.language).toBe("english");
    // A full stop ends the first segment, and a pause ends the second segment.
    expect(found.segments.map(({ text }) => text)).toEqual([" ab cd.", " ef", " gh"]);
    expect(found.segments.map(({ id }) => id)).toEqual([0, 1, 2]);
    for (const segment of found.segments) {
      expect(segment["avg_logprob"]).toBeNumber();
      expect(segment["avg_logprob"] as number).toBeLessThan(0);
      expect(segment["tokens"]).not.toBeEmpty();
      expect(segment["temperature"]).toBe(0);
      expect(segment["compression_ratio"]).toBe(compressionRatio(segment.text.trim()));
      expect(segment["seek"]).toBe(0);
      expect(segment).not.toHaveProperty("no_speech_prob");
    }
  });

  test.each([16, 8])(
    "neither loses nor doubles a word at the seams of chunks (one word per %d frames)",
    async (frames) => {
      const sounds = talk(100, { frames });
      const found = await answer(model, levelSpeech(sounds, 100));
      expectWords(found, sounds);
      const starts = found.segments.map(({ start }) => start);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      if (model === "null:transducer") {
        const seeks = new Set(found.segments.map((segment) => segment["seek"]));
        expect(seeks.size).toBeGreaterThan(3);
      }
    },
  );

  test("returns an empty transcript for silence", async () => {
    expect(await answer(model, levelSpeech([], 3))).toMatchObject({
      text: "",
      language: "unknown",
      segments: [],
      words: [],
    });
  });

  test.each([
    ["prompt", "Dear"],
    ["keywords", "Ann"],
    ["temperature", "0.4"],
    ["language", "fr"],
  ])("rejects %s=%s, and the error contains the parameter's name", async (param, value) => {
    const response = await ask(model, levelSpeech([], 1), { [param]: value });
    await expectError(response, { status: 400, code: "unsupported_value", param });
  });

  test("accepts the language that it supports", async () => {
    const sounds = [{ startS: 0.48, text: "ab" }];
    expectWords(await answer(model, levelSpeech(sounds, 2), { language: "en" }), sounds);
  });

  test("transcribes many files at the same time, each as if it were alone", async () => {
    const files = Array.from({ length: 6 }, (_, n) => talk(20 + 7 * n, { frames: 14 + n }));
    const found = await Promise.all(
      files.map((sounds, n) => answer(model, levelSpeech(sounds, 20 + 7 * n))),
    );
    for (const [n, sounds] of files.entries()) expectWords(found[n]!, sounds);
  });

  test("stops the job of a client that disconnects, and serves others", async () => {
    const busy = levelSpeech(talk(300, { frames: 28, work: true }), 300);
    const leaving = new AbortController();
    const form = formOf({ file: busy, model });
    const left = server.post(form, { signal: leaving.signal }).catch(() => "left");
    await until("the upload is on disk", () => server.spooled().length === 1);
    await Bun.sleep(1000);
    const [runner] = server.runners();
    leaving.abort();
    expect(await left).toBe("left");
    await until("the upload is deleted", () => server.spooled().length === 0, 10);
    const sounds = [{ startS: 0.48, text: "ab" }];
    expectWords(await answer(model, levelSpeech(sounds, 2)), sounds);
    expect(server.runners()).toContain(runner!);
  });

  test("continues in a new runner after the old one is killed, and returns each word once", async () => {
    await using alone = await startServer({
      environment: { ...nullEngine, OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" },
    });
    const sounds = talk(90, { frames: 28, work: true });
    const file = levelSpeech(sounds, 90);
    const whole = answer(model, file, {}, alone);
    await until("the runner has started", () => alone.runners().length === 1);
    // The transcription of the whole file takes 6 s, so the runner has finished more than one chunk after 3.5 s.
    await Bun.sleep(3500);
    const [runner] = alone.runners();
    process.kill(runner!, "SIGKILL");
    expectWords(await whole, sounds);
    expect(alone.runners()).toHaveLength(1);
    expect(alone.runners()).not.toContain(runner);
    expect(alone.log()).toContain("runner replaced");
  });

  test("does not get silence if voice activity detection is on, and times count from the start of the file", async () => {
    await using listening = await startServer({
      environment: { ...nullEngine, OPEN_ASR_VAD: "on" },
    });
    const speech = recording("en_agent-user.flac");
    const speechS = speech.length / 16_000;
    const secondS = speechS + 20;
    const samples = new Float32Array(16_000 * secondS + speech.length);
    samples.set(speech);
    samples.set(speech, samples.length - speech.length);
    const { words } = await answer(model, encodeWav(samples), {}, listening);
    const before = words.filter(({ end }) => end < speechS + 1);
    const after = words.filter(({ start }) => start > secondS - 1);
    expect(before).not.toBeEmpty();
    expect(after).not.toBeEmpty();
    expect(words).toHaveLength(before.length + after.length);
    expect(Math.abs(after[0]!.start - before[0]!.start - secondS)).toBeLessThan(0.5);
    expect(Math.abs(after.at(-1)!.end - before.at(-1)!.end - secondS)).toBeLessThan(0.5);
  });

  test("the no-speech probability of a segment is that of the voice activity, also after a crash", async () => {
    await using listening = await startServer({
      environment: { ...nullEngine, OPEN_ASR_VAD: "on", OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1" },
    });
    const samples = loudSpeech(3);
    const file = encodeWav(samples);
    const whole = await answer(model, file, {}, listening);
    expect(contractErrors("CreateTranscriptionResponseVerboseJson", whole)).toBeNull();
    const probs = speechProbs(samples);
    for (const { start, end, ...facts } of whole.segments) {
      const windows = probs.subarray(Math.floor(start / 0.032), Math.ceil(end / 0.032));
      const mean = windows.reduce((sum, prob) => sum + prob, 0) / windows.length;
      expect(Math.abs((facts["no_speech_prob"] as number) - (1 - mean))).toBeLessThan(0.1);
    }
    const [runner] = listening.runners();
    const again = answer(model, file, {}, listening);
    await Bun.sleep(1500);
    process.kill(runner!, "SIGKILL");
    expect(await again).toEqual(whole);
    expect(listening.log()).toContain("runner replaced");
  });
});

describe("a runner reports the capabilities of its model", () => {
  const load = async (model: string): Promise<Capabilities> => {
    using scratch = openScratch();
    const { promise, resolve } = Promise.withResolvers<FromRunner>();
    const child = Bun.spawn([executable, "runner"], {
      env: scratch.environment,
      serialization: "json",
      ipc: (message: FromRunner) => message.type !== "memory" && resolve(message),
    });
    child.send(loadMessage(model, join(scratch.folder, "cache")));
    const message = await promise;
    child.disconnect();
    await child.exited;
    if (message.type !== "ready") throw new Error(JSON.stringify(message));
    return message.capabilities;
  };

  test.each([
    ["echo", { prompt: true, temperature: true, detectLanguage: true, live: false }],
    ["transducer", { prompt: false, temperature: false, detectLanguage: false, live: false }],
    ["streaming", { prompt: false, temperature: false, detectLanguage: false, live: true }],
  ])("null:%s", async (model, expected) => {
    const languages = model === "echo" ? ["en", "fr"] : ["en"];
    expect(await load(model)).toMatchObject({ words: true, languages, ...expected });
  });
});

// --- internal ---

/**
 * Returns loud speech, with 5 s of silence after each copy. The null engine pauses at each of the loudest frames, so it
 * needs about a second for a copy.
 */
function loudSpeech(copies: number): Float32Array {
  const speech = recording("jfk.flac").map((sample) => Math.max(-1, Math.min(1, 3 * sample)));
  const stepN = speech.length + 5 * 16_000;
  const samples = new Float32Array(copies * stepN);
  for (let copy = 0; copy < copies; copy++) samples.set(speech, copy * stepN);
  return samples;
}

/** Returns the probability of speech for each window of 32 ms. */
function speechProbs(samples: Float32Array): Float32Array {
  using voice = new VoiceActivity(new AudioLibrary(builtLibrary("audio")), vadDefaults, {
    keepsProbabilities: true,
  });
  voice.push(samples);
  voice.finish();
  return voice.takeProbabilities();
}

function loadMessage(model: string, cacheFolder: string): LoadMessage {
  return {
    type: "load",
    protocolVersion,
    engine: "null",
    engineFile: null,
    gpuEngine: null,
    model: { path: model },
    cacheFolders: [cacheFolder],
    gpu: false,
    computeType: null,
    lanes: 1,
    cpuLanes: null,
    threadsPerLane: 1,
    calibrate: false,
    temperatureFallback: true,
    encoderWindow: "auto",
    beamSize: 1,
    audioLimits: {
      channelsMax: 8,
      rateMin: 8000,
      rateMax: 96_000,
      durationSMax: 3600,
      samplesMax: 1e9,
      wallMsMax: 60_000,
      memoryBytesMax: 1e9,
    },
    limitSettings: {},
    ffmpeg: { absent: "never" },
  };
}
