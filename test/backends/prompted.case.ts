/** What the group prompted adds: languages, decoding after a prompt, times of given tokens. */
import { expect } from "bun:test";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { capability, type Chunk, type DecodeResult } from "../../src/runner/engine/asr-structs.ts";
import { promptTokens } from "../../src/runner/whisper/prompt.ts";
import { Tokenizer } from "../../src/runner/whisper/tokenizer.ts";
import { expectStops, leastMs } from "./cancel.case.ts";
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

/** Finds hangs, not slowness: the work takes a few milliseconds. */
const hangMs = 1000;

export function promptedCases(it: DefineCase): void {
  it("has tokens for every text", (subject) => {
    for (const text of [" Hello, world 42!", " Grüße aus Köln", " Привет", " 日本語のテキスト"]) {
      const bytes = [...tokenize(subject, text)].map((id) => subject.model.tokenBytes(id));
      expect(Buffer.concat(bytes).toString("utf8")).toBe(text);
    }
    expect(tokenize(subject, "")).toHaveLength(0);
  });

  it("has its prompt at once, however long a text without a blank is", (subject) => {
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

  it("gives log-probabilities that agree with their mean", (subject) => {
    const { logprobs, avgLogprob } = subject.lane.decode(subject.chunk());
    expect(Math.max(...logprobs)).toBeLessThanOrEqual(1e-4);
    const sum = logprobs.reduce((a, b) => a + b, 0);
    // The mean also counts the end of the text, which is not a token of the result.
    expect(avgLogprob * (logprobs.length + 1)).toBeLessThanOrEqual(sum + 1e-3);
    expect(avgLogprob * (logprobs.length + 1)).toBeGreaterThan(sum - 5);
  });

  it("repeats itself exactly", (subject) => {
    const first = subject.lane.decode(subject.chunk());
    subject.lane.decode(subject.chunk({ input: subject.heard(tone(3)), timestamps: false }));
    expect(subject.lane.decode(subject.chunk())).toEqual(first);
  });

  it("gives the same whether its encoding is kept or made anew", (subject) => {
    const id = subject.nextId();
    const first = subject.lane.decode(subject.chunk({ id }));
    expect(subject.lane.decode(subject.chunk({ id }))).toEqual(first);
    expect(subject.lane.decode(subject.chunk({ id: 0 }))).toEqual(first);
  });

  it("does not take one chunk's encoding for another's", (subject) => {
    const speech = subject.lane.decode(subject.chunk());
    const other = subject.lane.decode(subject.chunk({ input: subject.heard(silence(2)) }));
    expect(subject.lane.decode(subject.chunk())).toEqual(speech);
    expect(other.tokens).not.toEqual(speech.tokens);
  });

  it("samples by its seed", (subject) => {
    const sample = (seed: number): DecodeResult =>
      subject.lane.decode(subject.chunk({ temperature: 1, bestOf: 1, seed }));
    expect(sample(1)).toEqual(sample(1));
    const texts = new Set([1, 2, 3, 4, 5, 6].map((seed) => String(sample(seed).tokens)));
    expect(texts.size).toBeGreaterThan(1);
  });

  it("searches with every number of beams and samples", (subject) => {
    for (const n of [1, 3, 8]) {
      expect(subject.lane.decode(subject.chunk({ beamSize: n })).tokens.length).toBeGreaterThan(0);
      expect(
        subject.lane.decode(subject.chunk({ temperature: 0.5, bestOf: n })).tokens.length,
      ).toBeGreaterThan(0);
    }
  });

  it("takes a prompt, and a longer one than fits", (subject) => {
    const prompt = tokenize(subject, " A prompt about nothing in particular.".repeat(60));
    expect(prompt.length).toBeGreaterThan(subject.info.nPromptMax / 4);
    const { tokens } = subject.lane.decode(
      subject.chunk({ prompt: prompt.slice(-subject.info.nPromptMax) }),
    );
    expect(tokens.length).toBeGreaterThan(0);
    expect(subject.lane.decode(subject.chunk({ prompt })).tokens.length).toBeGreaterThan(0);
  });

  it("forgets the prompt of the chunk before", (subject) => {
    const without = subject.lane.decode(subject.chunk());
    const prompt = tokenize(subject, " PLEASE WRITE EVERYTHING IN CAPITALS");
    subject.lane.decode(subject.chunk({ prompt }));
    expect(subject.lane.decode(subject.chunk())).toEqual(without);
  });

  it("survives audio of any length and kind", (subject) => {
    const { windowMaxS } = subject.info;
    const noise = whiteNoise(windowMaxS);
    // A frame of features needs 10 ms.
    const shortest = subject.features === null ? [noise.subarray(0, 1)] : [noise.subarray(0, 160)];
    for (const samples of [...shortest, noise.subarray(0, 199), noise, tone(1), silence(0.1)]) {
      const input = subject.heard(samples);
      expect(
        subject.lane.decode(subject.chunk({ input, beamSize: 1, windowS: windowMaxS })).windowS,
      ).toBeGreaterThan(0);
    }
  });

  it("refuses what breaks the contract, and works on", (subject) => {
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

  it("refuses to translate when it cannot", (subject) => {
    const translate = (): unknown => subject.lane.decode(subject.chunk({ translate: true }));
    if ((subject.info.capabilities & capability.translate) === 0) {
      expectCode("unsupported_value", translate);
    } else {
      expect(translate).not.toThrow();
    }
  });

  it("refuses a language it does not have", (subject) => {
    for (const language of [-1, subject.info.languages.length]) {
      expectCode("internal_error", () => subject.lane.decode(subject.chunk({ language })));
    }
  });

  it("refuses more audio than its window holds", (subject) => {
    const input = subject.heard(silence(subject.info.windowMaxS + 1));
    expectCode("internal_error", () => subject.lane.decode(subject.chunk({ input })));
  });

  it("does not begin when it is cancelled already", (subject) => {
    const cancel = cancelFlag(1);
    expectCode("client_closed_request", () => subject.lane.decode(subject.chunk({ cancel })));
  });

  it("stops inside its encoder when it is cancelled, and works on", async (subject) => {
    const good = subject.lane.decode(subject.chunk());
    const input = subject.heard(subject.backend.speech);
    const work = (changes: Partial<Chunk>): unknown =>
      subject.lane.decode(
        subject.chunk({ input, windowS: subject.info.windowMaxS, beamSize: 1, ...changes }),
      );
    const id = subject.nextId();
    const decoderMs = leastMs(() => work({ id }));
    await expectStops((cancel) => work({ cancel }), decoderMs);
    expect(subject.lane.decode(subject.chunk())).toEqual(good);
  });

  it("stops inside its decoder when it is cancelled, and works on", async (subject) => {
    const good = subject.lane.decode(subject.chunk());
    const input = subject.heard(subject.backend.speech);
    const id = subject.nextId();
    // The null engine is busy when its prompt says so; the others are busy with text at random that does not end.
    const prompt = subject.backend.says === null ? tokenize(subject, "sleep 1000") : noTokens;
    const work = (changes: Partial<Chunk>): unknown =>
      subject.lane.decode(
        subject.chunk({ input, id, prompt, temperature: 2, bestOf: 4, ...changes }),
      );
    await expectStops((cancel) => work({ cancel }));
    expect(subject.lane.decode(subject.chunk())).toEqual(good);
  });

  it("times given tokens, in order and inside the chunk", (subject) => {
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

  it("gives back the memory of its lanes", (subject) => {
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
