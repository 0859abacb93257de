/**
 * Tests how the Whisper recognizer processes a job: language detection in the first chunk, the choice of the language
 * with the most speech, and prompts.
 */
import { describe, expect, test } from "bun:test";
import type { TranscribeOptions } from "../../../src/ipc/options.ts";
import type { AudioChunk } from "../../../src/runner/audio/chunker.ts";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import type { Model } from "../../../src/runner/engine/asr-model.ts";
import {
  capability,
  type Chunk,
  type DecodeResult,
} from "../../../src/runner/engine/asr-structs.ts";
import type { SessionStart } from "../../../src/runner/recognizer.ts";
import { WhisperRecognizer } from "../../../src/runner/whisper/recognizer.ts";
import { errorOf } from "../../errors.ts";
import { plainOptions } from "../../ipc/plain-job.ts";
import { chunkAt, jobLanes, lanesOf } from "../job.ts";
import { at, info } from "./model.ts";

const settings = { encoderWindow: "full", temperatureFallback: false, beamSize: 5 } as const;
const languages = ["en", "de", "fr"];
const all = Object.values(capability).reduce((sum, bit) => sum | bit, 0);

const modelOf = (capabilities = all) =>
  ({
    info: { ...info, languages, capabilities },
    tokenBytes: (id: number) => Buffer.from(id === 1 ? " word" : ""),
  }) as unknown as Model;

/** Returns a chunk with sound. The value of its samples encodes the language. */
function spoken(startS: number, durationS: number, language: string): AudioChunk {
  const chunk = chunkAt(startS, durationS);
  chunk.samples.fill(0.1 * (1 + languages.indexOf(language)));
  return chunk;
}

const languageOf = ({ input }: Chunk) => Math.round(input[0]! * 10) - 1;

function lane(said: readonly number[] = [at(0), 1, at(5)]) {
  const decoded: Chunk[] = [];
  const calls: Partial<LaneClient> = {
    detectLanguage: async (chunk) =>
      Float32Array.from(languages, (_, index) => (index === languageOf(chunk) ? 0.9 : 0.05)),
    decode: async (chunk): Promise<DecodeResult> => {
      decoded.push(chunk);
      return {
        tokens: Int32Array.from(said),
        logprobs: Float32Array.from(said, () => -0.1),
        avgLogprob: -0.1,
        noSpeechProb: 0,
        windowS: 30,
        isComplete: true,
      };
    },
  };
  return { calls, decoded };
}

function open(more: Partial<SessionStart> = {}, lanes = [lane()], capabilities = all) {
  const start = { options: plainOptions, from: null, cancelFlag: new Int32Array(1), ...more };
  const recognizer = new WhisperRecognizer(modelOf(capabilities), settings, lanes.length);
  const session = recognizer.open(start, jobLanes(lanesOf(...lanes.map(({ calls }) => calls)), 3));
  return { session, recognizer, decoded: () => lanes.flatMap(({ decoded }) => decoded) };
}

test("the beam size and the encoder window are those of the request, or else those of the operator", async () => {
  const decodedWith = async (options: Partial<TranscribeOptions>) => {
    const { session, decoded } = open({ options: { ...plainOptions, ...options } });
    await session.push(spoken(0, 5, "en"));
    const { beamSize, windowS } = decoded()[0]!;
    return { beamSize, windowS };
  };
  const operator = await decodedWith({});
  expect(operator.beamSize).toBe(settings.beamSize);
  const other = settings.beamSize + 1;
  expect(await decodedWith({ beamSize: other })).toEqual({ ...operator, beamSize: other });
  const windows = await Promise.all(
    (["auto", "full"] as const).map(async (encoderWindow) => decodedWith({ encoderWindow })),
  );
  expect(windows[0]!.windowS).toBeLessThan(windows[1]!.windowS);
});

describe("the language", () => {
  test("is detected from the first chunk only, and used for the others", async () => {
    const { session, decoded } = open({}, [lane(), lane()]);
    expect(session.chunksAtOnce).toBe(1);
    await session.push(spoken(0, 5, "de"));
    expect(session.chunksAtOnce).toBe(3);
    await session.push(spoken(5, 5, "fr"));
    expect(decoded().map(({ language }) => language)).toEqual([1, 1]);
    expect(session.language).toBe("de");
  });

  test("is still unknown after a chunk without speech", async () => {
    const { session } = open({}, [lane([])]);
    await session.push(spoken(0, 5, "de"));
    expect(session.chunksAtOnce).toBe(1);
    expect(session.language).toBeNull();
  });

  test("is not detected if the request gives it", async () => {
    const { session, decoded } = open({ options: { ...plainOptions, language: "fr" } });
    expect(session.chunksAtOnce).toBe(2);
    await session.push(spoken(0, 5, "de"));
    expect(decoded()[0]?.language).toBe(2);
  });

  test("is the most probable of the candidates", async () => {
    const options = { ...plainOptions, languages: ["fr", "en"] };
    const { session } = open({ options });
    await session.push(spoken(0, 5, "en"));
    expect(session.language).toBe("en");
    const other = open({ options });
    await other.session.push(spoken(0, 5, "de"));
    expect(options.languages).toContain(other.session.language!);
  });

  test("may change from chunk to chunk; the result contains the language that was spoken longest", async () => {
    const { session } = open({ options: { ...plainOptions, multilingual: true } });
    expect(session.chunksAtOnce).toBe(2);
    const chunks = [
      ["en", 2],
      ["de", 4],
      ["en", 1],
      ["fr", 3.5],
    ] as const;
    const results = await Promise.all(
      chunks.map(([language, durationS], n) => session.push(spoken(10 * n, durationS, language))),
    );
    expect(results.map(({ resume }) => resume.spokenS)).toEqual([
      { en: 2 },
      { en: 2, de: 4 },
      { en: 3, de: 4 },
      { en: 3, de: 4, fr: 3.5 },
    ]);
    expect(session.language).toBe("de");
  });

  test("continues from a checkpoint", async () => {
    const from = { chunks: 1, segments: 1, replayFrom: 1, language: "de", spokenS: { de: 4 } };
    const { session } = open({ from });
    expect(session.chunksAtOnce).toBe(2);
    const { resume } = await session.push(spoken(10, 5, "en"));
    expect(resume).toEqual({ language: "de", spokenS: { de: 9 }, replay: 0 });
  });
});

test("a translation decodes with the task of a translation; the language is still detected", async () => {
  const { session, decoded } = open({ options: { ...plainOptions, task: "translate" } });
  await session.push(spoken(0, 5, "de"));
  expect(decoded()[0]).toMatchObject({ translate: true, language: 1 });
});

test("segments have the tokens of their text with log-probabilities, if the request asks for them", async () => {
  const { session } = open({ options: { ...plainOptions, logprobs: true } });
  const { segments } = await session.push(spoken(0, 5, "en"));
  const [token] = segments[0]!.logprobs!;
  expect(segments[0]?.logprobs).toHaveLength(1);
  expect(Buffer.from(token!.bytes).toString()).toBe(" word");
  expect(token?.logprob).toBeCloseTo(-0.1);
  const plain = await open().session.push(spoken(0, 5, "en"));
  expect(plain.segments[0]).not.toHaveProperty("logprobs");
});

test("results come in the order of the chunks, even if a later chunk is done first", async () => {
  const slow = lane();
  const gate = Promise.withResolvers<void>();
  const { decode } = slow.calls;
  slow.calls.decode = async (chunk) => {
    await gate.promise;
    return decode!(chunk);
  };
  // The pool assigns its last lane first, so the first chunk gets the lane `slow`.
  const { session } = open({ options: { ...plainOptions, language: "en" } }, [lane(), slow]);
  const order: number[] = [];
  const results = [0, 1].map((n) =>
    session.push(spoken(10 * n, 5, "en")).then(({ resume }) => {
      order.push(n);
      return resume.spokenS["en"];
    }),
  );
  await Bun.sleep(5);
  expect(order).toEqual([]);
  gate.resolve();
  expect(await Promise.all(results)).toEqual([5, 10]);
  expect(order).toEqual([0, 1]);
});

test("a lone chunk gets the threads of all lanes", async () => {
  const { session, decoded } = open({}, [lane(), lane()]);
  await session.push(spoken(0, 5, "en"));
  expect(decoded().map(({ threads }) => threads)).toEqual([6]);
});

test("a prompt, keywords, a temperature, words and a language that the model does not support are rejected", () => {
  const refused = (more: object) =>
    errorOf(() =>
      open({ options: { ...plainOptions, ...more } }, [lane()], capability.detectLanguage),
    );
  expect(refused({ prompt: "Dear" })).toMatchObject({ code: "unsupported_value", param: "prompt" });
  expect(refused({ keywords: ["Ann"] }).param).toBe("keywords");
  expect(refused({ temperature: 0.4 }).param).toBe("temperature");
  expect(refused({ words: true }).param).toBe("timestamp_granularities");
  expect(refused({ language: "it" }).param).toBe("language");
});

test("`can` has the capabilities of the model", () => {
  expect(open().recognizer.can).toEqual({
    languages,
    detectLanguage: true,
    prompt: true,
    keywords: true,
    temperature: true,
    beamSize: true,
    encoderWindow: true,
    words: true,
    translate: true,
    live: false,
  });
  const none = new WhisperRecognizer(modelOf(0), settings, 1).can;
  const names = Object.entries(none).filter(([, can]) => can === true);
  // Every Whisper model supports `encoderWindow`, because the runner chooses the window, not the engine.
  expect(names).toEqual([["encoderWindow", true]]);
});
