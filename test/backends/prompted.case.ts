/** Tests the call group `prompted`: languages, decoding with a prompt, and the times of given tokens. */
import { expect } from "bun:test";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { capability, type Chunk, type DecodeResult } from "../../src/runner/engine/asr-structs.ts";
import { promptTokens } from "../../src/runner/whisper/prompt.ts";
import { Tokenizer } from "../../src/runner/whisper/tokenizer.ts";
import { expectStops } from "./cancel.case.ts";
import { silence, tone, whiteNoise } from "./signals.ts";
import {
  cancelFlag,
  type DefineCase,
  expectCode,
  expectMemoryBack,
  noTokens,
  type Subject,
  textTokens,
} from "./subject.ts";

/** Time limit in milliseconds. It only detects hangs, because the work takes a few milliseconds. */
const hangMs = 10_000;

export function promptedCases(it: DefineCase): void {
  it("has tokens for any text", (subject) => {
    for (const text of [" Hello, world 42!", " Grüße aus Köln", " Привет", " 日本語のテキスト"]) {
      const bytes = [...tokenize(subject, text)].map((id) => subject.model.tokenBytes(id));
      expect(Buffer.concat(bytes).toString("utf8")).toBe(text);
    }
    expect(tokenize(subject, "")).toHaveLength(0);
  });

  it("tokenizes a long prompt without spaces quickly", (subject) => {
    const { nPromptMax } = subject.info;
    const context = { model: subject.model, tokenizer: new Tokenizer(subject.model) };
    for (const character of ["a", "ж", "我", "."]) {
      const text = character.repeat(65_536 / Buffer.byteLength(character));
      const start = performance.now();
      const { length } = promptTokens({ prompt: text, keywords: [text] }, context);
      expect(length).toBeGreaterThan(nPromptMax / 2);
      expect(length).toBeLessThanOrEqual(nPromptMax);
      expect(performance.now() - start).toBeLessThan(hangMs);
    }
  });

  it("detects the language", (subject) => {
    const probs = subject.lane.detectLanguage(subject.chunk());
    expect(probs).toHaveLength(subject.info.languages.length);
    expect(probs.reduce((sum, p) => sum + p)).toBeCloseTo(1, 3);
    expect(subject.info.languages[probs.indexOf(Math.max(...probs))]).toBe(
      subject.backend.language,
    );
  });

  it("decodes speech", (subject) => {
    const result = subject.lane.decode(subject.chunk());
    expect(result.tokens.length).toBeGreaterThan(0);
    expect(result.isComplete).toBe(true);
    if (subject.backend.says !== null)
      expect(subject.textOf(result.tokens)).toMatch(subject.backend.says);
  });

  it("returns log-probabilities that agree with their mean", (subject) => {
    const { logprobs, avgLogprob } = subject.lane.decode(subject.chunk());
    expect(Math.max(...logprobs)).toBeLessThanOrEqual(1e-4);
    const sum = logprobs.reduce((a, b) => a + b, 0);
    // The mean includes the end-of-text token, which the result does not contain.
    expect(avgLogprob * (logprobs.length + 1)).toBeLessThanOrEqual(sum + 1e-3);
    expect(avgLogprob * (logprobs.length + 1)).toBeGreaterThan(sum - 5);
  });

  it("decodes the same audio to the same result", (subject) => {
    const first = subject.lane.decode(subject.chunk());
    subject.lane.decode(subject.chunk({ input: subject.heard(tone(3)), timestamps: false }));
    expect(subject.lane.decode(subject.chunk())).toEqual(first);
  });

  it("decodes to the same result whether it keeps the encoding or computes it again", (subject) => {
    const id = subject.nextId();
    const first = subject.lane.decode(subject.chunk({ id }));
    expect(subject.lane.decode(subject.chunk({ id }))).toEqual(first);
    expect(subject.lane.decode(subject.chunk({ id: 0 }))).toEqual(first);
  });

  it("does not use the encoding of another chunk", (subject) => {
    const speech = subject.lane.decode(subject.chunk());
    const other = subject.lane.decode(subject.chunk({ input: subject.heard(silence(2)) }));
    expect(subject.lane.decode(subject.chunk())).toEqual(speech);
    expect(other.tokens).not.toEqual(speech.tokens);
  });

  it("samples the same text for the same seed", (subject) => {
    const sample = (seed: number): DecodeResult =>
      subject.lane.decode(subject.chunk({ temperature: 1, bestOf: 1, seed }));
    expect(sample(1)).toEqual(sample(1));
    const texts = new Set([1, 2, 3, 4, 5, 6].map((seed) => String(sample(seed).tokens)));
    expect(texts.size).toBeGreaterThan(1);
  });

  it("decodes with different numbers of beams and samples", (subject) => {
    for (const n of [1, 3, 8]) {
      expect(subject.lane.decode(subject.chunk({ beamSize: n })).tokens.length).toBeGreaterThan(0);
      expect(
        subject.lane.decode(subject.chunk({ temperature: 0.5, bestOf: n })).tokens.length,
      ).toBeGreaterThan(0);
    }
  });

  it("accepts a prompt, also one above its limit", (subject) => {
    const prompt = tokenize(subject, " A prompt about nothing in particular.".repeat(60));
    expect(prompt.length).toBeGreaterThan(subject.info.nPromptMax / 4);
    const { tokens } = subject.lane.decode(
      subject.chunk({ prompt: prompt.slice(-subject.info.nPromptMax) }),
    );
    expect(tokens.length).toBeGreaterThan(0);
    expect(subject.lane.decode(subject.chunk({ prompt })).tokens.length).toBeGreaterThan(0);
  });

  it("does not use the prompt of the chunk before", (subject) => {
    const without = subject.lane.decode(subject.chunk());
    const prompt = tokenize(subject, " PLEASE WRITE EVERYTHING IN CAPITALS");
    subject.lane.decode(subject.chunk({ prompt }));
    expect(subject.lane.decode(subject.chunk())).toEqual(without);
  });

  it("survives audio of any length and kind", (subject) => {
    const { windowMaxS } = subject.info;
    const noise = whiteNoise(windowMaxS);
    // An engine that takes features needs at least one frame of audio, which is 10 ms long.
    const shortest = subject.features === null ? [noise.subarray(0, 1)] : [noise.subarray(0, 160)];
    for (const samples of [...shortest, noise.subarray(0, 199), noise, tone(1), silence(0.1)]) {
      const input = subject.heard(samples);
      expect(
        subject.lane.decode(subject.chunk({ input, beamSize: 1, windowS: windowMaxS })).windowS,
      ).toBeGreaterThan(0);
    }
  });

  it("rejects invalid chunks and stays usable", (subject) => {
    const good = subject.lane.decode(subject.chunk());
    const broken: Partial<Chunk>[] = [
      { input: subject.heard(subject.backend.speech).with(1, Number.NaN) },
      { input: subject.heard(subject.backend.speech).with(0, Infinity) },
      { input: new Float32Array(0) },
      { temperature: -1 },
      { beamSize: 0 },
      { beamSize: 9 },
      { bestOf: 0 },
      { threads: 0 },
      { prompt: Int32Array.of(-1) },
      { prompt: Int32Array.of(subject.info.nVocab) },
    ];
    for (const changes of broken)
      expectCode("internal_error", () => subject.lane.decode(subject.chunk(changes)));
    expect(subject.lane.decode(subject.chunk())).toEqual(good);
  });

  it("translates, or rejects a translation that it does not support", (subject) => {
    const translate = (): unknown => subject.lane.decode(subject.chunk({ translate: true }));
    if ((subject.info.capabilities & capability.translate) === 0) {
      expectCode("unsupported_value", translate);
    } else {
      expect(translate).not.toThrow();
    }
  });

  it("rejects a language that it lacks", (subject) => {
    for (const language of [-1, subject.info.languages.length]) {
      expectCode("internal_error", () => subject.lane.decode(subject.chunk({ language })));
    }
  });

  it("rejects more audio than its window", (subject) => {
    const input = subject.heard(silence(subject.info.windowMaxS + 1));
    expectCode("internal_error", () => subject.lane.decode(subject.chunk({ input })));
  });

  it("does not start work that is already cancelled", (subject) => {
    const cancel = cancelFlag(1);
    expectCode("client_closed_request", () => subject.lane.decode(subject.chunk({ cancel })));
  });

  it("stops inside its encoder after a cancel and stays usable", async (subject) => {
    const good = subject.lane.decode(subject.chunk());
    const input = subject.heard(subject.backend.speech);
    const work = (changes: Partial<Chunk>): unknown =>
      subject.lane.decode(
        subject.chunk({ input, windowS: subject.info.windowMaxS, beamSize: 1, ...changes }),
      );
    const id = subject.nextId();
    // The engine keeps the encoding of the audio from the first call with this id. Later calls with the id use this
    // encoding, so they run only the decoder.
    const decode = (): unknown => work({ id });
    await expectStops((cancel) => work({ cancel }), decode);
    expect(subject.lane.decode(subject.chunk())).toEqual(good);
  });

  it("stops inside its decoder after a cancel and stays usable", async (subject) => {
    const good = subject.lane.decode(subject.chunk());
    const input = subject.heard(subject.backend.speech);
    const id = subject.nextId();
    // The work must be so long that a cancel can stop it. The prompt makes the null engine sleep for 1000 ms. Other
    // engines get no prompt. The high temperature makes them write random text that does not end.
    const prompt = subject.backend.says === null ? tokenize(subject, "sleep 1000") : noTokens;
    const work = (changes: Partial<Chunk>): unknown =>
      subject.lane.decode(
        subject.chunk({ input, id, prompt, temperature: 2, bestOf: 4, ...changes }),
      );
    await expectStops((cancel) => work({ cancel }));
    expect(subject.lane.decode(subject.chunk())).toEqual(good);
  });

  it("returns times of given tokens, in order and inside the chunk", (subject) => {
    const id = subject.nextId();
    const tokens = Int32Array.from(
      textTokens(subject.lane.decode(subject.chunk({ id })).tokens, subject.info),
    );
    const { startS, endS } = subject.lane.align(subject.chunk({ id, tokens }));
    expect(startS).toHaveLength(tokens.length);
    expect([...startS]).toEqual([...startS].toSorted((a, b) => a - b));
    startS.forEach((start, i) => expect(endS[i]!).toBeGreaterThanOrEqual(start));
    expect(startS[0]!).toBeGreaterThanOrEqual(0);
    expect(endS.at(-1)!).toBeLessThanOrEqual(subject.backend.speech.length / 16_000 + 0.02);
    expect(subject.lane.align(subject.chunk({ id, tokens: noTokens })).startS).toHaveLength(0);
  });

  it("frees the memory of its lanes", (subject) => {
    const work = (): void => {
      using other = new Lane(subject.library, subject.pointer);
      other.decode(subject.chunk({ beamSize: 1 }));
    };
    expectMemoryBack(work);
  });
}

// --- internal ---

function tokenize({ model }: Subject, text: string): Int32Array {
  return Int32Array.from(new Tokenizer(model).first(Infinity, text));
}
