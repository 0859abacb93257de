/**
 * The conformance suite: what every engine's shim must do, whatever it computes. A backend that cannot do a case
 * skips it and says why.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import { AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { Features } from "../../src/runner/engine/features.ts";
import { promptTokens } from "../../src/runner/whisper/prompt.ts";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import { Model } from "../../src/runner/engine/asr-model.ts";
import {
  capability,
  type Chunk,
  type DecodeResult,
  type ModelInfo,
} from "../../src/runner/engine/asr-structs.ts";
import { Tokenizer } from "../../src/runner/whisper/tokenizer.ts";
import { builtLibrary } from "./built.ts";
import { expectStops, leastMs } from "./cancel.case.ts";
import { silence, tone, whiteNoise } from "./signals.ts";

export interface BackendCase {
  readonly id: string;
  readonly libraryPath: string;
  /** A model that loads: a file or a folder, or a name. */
  readonly model: string;
  /** The file of a folder that holds the weights. */
  readonly weightsFile?: string;
  /** 16 kHz speech of a few seconds. */
  readonly speech: Float32Array;
  readonly language: string;
  /** Text the decoder must find in the speech; null when the engine does not listen. */
  readonly says: RegExp | null;
  readonly skip: readonly { readonly reason: string; readonly cases: readonly string[] }[];
}

/** What takes a few milliseconds takes less than this on any machine; a bound for a hang, not for speed. */
const hangMs = 1000;
/** Quicker than the full window, and long enough for the speech. */
const shortWindowS = 15.36;
const noTokens = new Int32Array(0);

export function testBackend(backend: BackendCase): void {
  const skipped = new Map(
    backend.skip.flatMap(({ reason, cases }) => cases.map((name) => [name, reason])),
  );
  const it = (name: string, body: () => void | Promise<void>): void => {
    const reason = skipped.get(name);
    if (reason === undefined) test(name, body, 120_000);
    else test.skip(`${name} (${reason})`, body);
  };

  describe(`backend ${backend.id}`, () => {
    const library = new EngineLibrary(backend.libraryPath);
    let folder: string;
    let pointer: ReturnType<EngineLibrary["loadModel"]>;
    let model: Model;
    let lane: Lane;
    let features: Features | null;
    let tokenizer: Tokenizer;
    let lastId = 0;

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "open-asr-backend-"));
      pointer = library.loadModel({ from: backend.model, gpu: false, threads: 1 });
      model = new Model(library, pointer);
      lane = new Lane(library, pointer);
      features = Features.for(model.info.input, new AudioLibrary(builtLibrary("audio")));
      tokenizer = new Tokenizer(model);
    });

    afterAll(() => {
      lane[Symbol.dispose]();
      model[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    });

    /** Samples as the engine takes them. */
    const heard = (input: Float32Array): Float32Array =>
      features === null ? input : features.of({ ...chunk({ input }), id: ++lastId }).input;
    const chunk = (changes: Partial<Chunk> = {}): Chunk => ({
      input: changes.input ?? heard(backend.speech),
      cancel: new Int32Array(new SharedArrayBuffer(4)),
      prompt: noTokens,
      tokens: noTokens,
      id: ++lastId,
      windowS: model.info.windowStepS > 0 ? shortWindowS : model.info.windowMaxS,
      language: model.info.languages.indexOf(backend.language),
      translate: false,
      timestamps: true,
      temperature: 0,
      beamSize: 2,
      bestOf: 2,
      seed: 1,
      threads: 1,
      ...changes,
    });
    const tokenize = (text: string): Int32Array => Int32Array.from(tokenizer.first(Infinity, text));
    const textOf = ({ tokens }: DecodeResult): string =>
      new TextDecoder().decode(
        Buffer.concat(textTokens(tokens, model.info).map((id) => model.tokenBytes(id))),
      );

    it("describes the engine", () => {
      expect(library.description).not.toBe("");
    });

    it("refuses a model that is not there", () => {
      const from = join(folder, "absent");
      expectCode("model_load_failed", () => library.loadModel({ from, gpu: false, threads: 1 }));
    });

    it("refuses a file of another kind", () => {
      const from = join(folder, "foreign");
      writeFileSync(from, Buffer.alloc(100_000, "not a model "));
      expectCode("model_load_failed", () => library.loadModel({ from, gpu: false, threads: 1 }));
    });

    it("refuses a model cut short, wherever it is cut", () => {
      const from = join(folder, "cut");
      cpSync(backend.model, from, { recursive: true });
      const weights = join(from, backend.weightsFile ?? "");
      const whole = statSync(weights).size;
      for (const part of [0.999999, 0.5, 0.001, 0.000001, 0]) {
        truncateSync(weights, Math.max(1, Math.floor(whole * part)));
        expectCode("model_load_failed", () => library.loadModel({ from, gpu: false, threads: 1 }));
      }
    });

    it("loads a model from memory", async () => {
      const from = await Bun.file(backend.model).bytes();
      using inMemory = new Model(library, library.loadModel({ from, gpu: false, threads: 1 }));
      expect(inMemory.info).toEqual(model.info);
    });

    it("states facts that fit together", () => {
      const { info } = model;
      expect(info.languages).toContain(backend.language);
      expect(new Set(info.languages).size).toBe(info.languages.length);
      expect(info.tokenTextEnd).toBeGreaterThan(0);
      expect(info.tokenTextEnd).toBeLessThanOrEqual(info.nVocab);
      expect(info.windowMaxS).toBeGreaterThan(0);
      const promises = (info.capabilities & capability.timestamps) !== 0;
      expect(info.tokenTimestampBegin >= 0).toBe(promises);
    });

    it("gives the bytes of every text token and none of the others", () => {
      for (let id = 0; id < model.info.tokenTextEnd; id += 97) {
        expect(model.tokenBytes(id).length).toBeGreaterThan(0);
      }
      expect(model.tokenBytes(model.info.nVocab - 1).length).toBe(0);
      expectCode("internal_error", () => model.tokenBytes(model.info.nVocab));
      expectCode("internal_error", () => model.tokenBytes(-1));
    });

    it("has tokens for every text", () => {
      for (const text of [" Hello, world 42!", " Grüße aus Köln", " Привет", " 日本語のテキスト"]) {
        const bytes = [...tokenize(text)].map((id) => model.tokenBytes(id));
        expect(Buffer.concat(bytes).toString("utf8")).toBe(text);
      }
      expect(tokenize("")).toHaveLength(0);
    });

    it("has its prompt at once, however long a text without a blank is", () => {
      const { nPromptMax } = model.info;
      for (const character of ["a", "ж", "我", "."]) {
        const text = character.repeat(65_536 / Buffer.byteLength(character));
        const start = performance.now();
        const { length } = promptTokens({ prompt: text, keywords: [text] }, { model, tokenizer });
        expect(length).toBeGreaterThan(nPromptMax / 2);
        expect(length).toBeLessThanOrEqual(nPromptMax);
        expect(performance.now() - start).toBeLessThan(hangMs);
      }
    });

    it("detects the language", () => {
      const probs = lane.detectLanguage(chunk());
      expect(probs).toHaveLength(model.info.languages.length);
      expect(probs.reduce((sum, p) => sum + p)).toBeCloseTo(1, 3);
      expect(model.info.languages[probs.indexOf(Math.max(...probs))]).toBe(backend.language);
    });

    it("decodes speech", () => {
      const result = lane.decode(chunk());
      expect(result.tokens.length).toBeGreaterThan(0);
      expect(result.isComplete).toBe(true);
      if (backend.says !== null) expect(textOf(result)).toMatch(backend.says);
    });

    it("gives log-probabilities that agree with their mean", () => {
      const { logprobs, avgLogprob } = lane.decode(chunk());
      expect(Math.max(...logprobs)).toBeLessThanOrEqual(1e-4);
      const sum = logprobs.reduce((a, b) => a + b, 0);
      // The mean also counts the end of the text, which is no token of the result.
      expect(avgLogprob * (logprobs.length + 1)).toBeLessThanOrEqual(sum + 1e-3);
      expect(avgLogprob * (logprobs.length + 1)).toBeGreaterThan(sum - 5);
    });

    it("gives timestamps in pairs that do not go back", () => {
      const { tokens } = lane.decode(chunk());
      const times = [...tokens].filter((id) => id >= model.info.tokenTimestampBegin);
      expect(times.length).toBeGreaterThan(1);
      expect(tokens[0]).toBeGreaterThanOrEqual(model.info.tokenTimestampBegin);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });

    it("gives none when none are asked for", () => {
      const { tokens } = lane.decode(chunk({ timestamps: false }));
      expect([...tokens].every((id) => id < model.info.tokenTextEnd)).toBe(true);
    });

    it("repeats itself exactly", () => {
      const first = lane.decode(chunk());
      lane.decode(chunk({ input: heard(tone(3)), timestamps: false }));
      expect(lane.decode(chunk())).toEqual(first);
    });

    it("gives the same whether its encoding is kept or made anew", () => {
      const id = ++lastId;
      const first = lane.decode(chunk({ id }));
      expect(lane.decode(chunk({ id }))).toEqual(first);
      expect(lane.decode(chunk({ id: 0 }))).toEqual(first);
    });

    it("does not take one chunk's encoding for another's", () => {
      const speech = lane.decode(chunk());
      const other = lane.decode(chunk({ input: heard(silence(2)) }));
      expect(lane.decode(chunk())).toEqual(speech);
      expect(other.tokens).not.toEqual(speech.tokens);
    });

    it("samples by its seed", () => {
      const sample = (seed: number): DecodeResult =>
        lane.decode(chunk({ temperature: 1, bestOf: 1, seed }));
      expect(sample(1)).toEqual(sample(1));
      const texts = new Set([1, 2, 3, 4, 5, 6].map((seed) => String(sample(seed).tokens)));
      expect(texts.size).toBeGreaterThan(1);
    });

    it("searches with every number of beams and samples", () => {
      for (const n of [1, 3, 8]) {
        expect(lane.decode(chunk({ beamSize: n })).tokens.length).toBeGreaterThan(0);
        expect(lane.decode(chunk({ temperature: 0.5, bestOf: n })).tokens.length).toBeGreaterThan(
          0,
        );
      }
    });

    it("takes a prompt, and a longer one than fits", () => {
      const prompt = tokenize(" A prompt about nothing in particular.".repeat(60));
      expect(prompt.length).toBeGreaterThan(model.info.nPromptMax / 4);
      const { tokens } = lane.decode(chunk({ prompt: prompt.slice(-model.info.nPromptMax) }));
      expect(tokens.length).toBeGreaterThan(0);
      expect(lane.decode(chunk({ prompt })).tokens.length).toBeGreaterThan(0);
    });

    it("forgets the prompt of the chunk before", () => {
      const without = lane.decode(chunk());
      const prompt = tokenize(" PLEASE WRITE EVERYTHING IN CAPITALS");
      lane.decode(chunk({ prompt }));
      expect(lane.decode(chunk())).toEqual(without);
    });

    it("sees silence", () => {
      const speech = lane.decode(chunk()).noSpeechProb;
      expect(lane.decode(chunk({ input: heard(silence(5)) })).noSpeechProb).toBeGreaterThan(speech);
    });

    it("survives audio of any length and kind", () => {
      const { windowMaxS } = model.info;
      const noise = whiteNoise(windowMaxS);
      // A frame of features needs 10 ms.
      const shortest = features === null ? [noise.subarray(0, 1)] : [noise.subarray(0, 160)];
      for (const samples of [...shortest, noise.subarray(0, 199), noise, tone(1), silence(0.1)]) {
        const input = heard(samples);
        expect(
          lane.decode(chunk({ input, beamSize: 1, windowS: windowMaxS })).windowS,
        ).toBeGreaterThan(0);
      }
    });

    it("refuses what breaks the contract, and works on", () => {
      const good = lane.decode(chunk());
      const broken: Partial<Chunk>[] = [
        { input: heard(backend.speech).with(1, Number.NaN) },
        { input: heard(backend.speech).with(0, Infinity) },
        { input: new Float32Array(0) },
        { temperature: -1 },
        { beamSize: 0 },
        { beamSize: 9 },
        { bestOf: 0 },
        { threads: 0 },
        { prompt: Int32Array.of(-1) },
        { prompt: Int32Array.of(model.info.nVocab) },
      ];
      for (const changes of broken) expectCode("internal_error", () => lane.decode(chunk(changes)));
      expect(lane.decode(chunk())).toEqual(good);
    });

    it("refuses a language it does not have", () => {
      for (const language of [-1, model.info.languages.length]) {
        expectCode("internal_error", () => lane.decode(chunk({ language })));
      }
    });

    it("refuses more audio than its window holds", () => {
      const input = heard(silence(model.info.windowMaxS + 1));
      expectCode("internal_error", () => lane.decode(chunk({ input })));
    });

    it("takes windows of several lengths", () => {
      for (const windowS of [shortWindowS, 20.48, model.info.windowMaxS]) {
        const result = lane.decode(chunk({ windowS }));
        expect(result.windowS).toBeCloseTo(windowS, 3);
        if (backend.says !== null) expect(textOf(result)).toMatch(backend.says);
      }
    });

    it("does not begin when it is cancelled already", () => {
      const cancel = new Int32Array(new SharedArrayBuffer(4)).fill(1);
      expectCode("client_closed_request", () => lane.decode(chunk({ cancel })));
    });

    it("stops inside its encoder when it is cancelled, and works on", async () => {
      const good = lane.decode(chunk());
      const input = heard(backend.speech);
      const work = (changes: Partial<Chunk>): unknown =>
        lane.decode(chunk({ input, windowS: model.info.windowMaxS, beamSize: 1, ...changes }));
      const id = ++lastId;
      const decoderMs = leastMs(() => work({ id }));
      await expectStops((cancel) => work({ cancel }), decoderMs);
      expect(lane.decode(chunk())).toEqual(good);
    });

    it("stops inside its decoder when it is cancelled, and works on", async () => {
      const good = lane.decode(chunk());
      const input = heard(backend.speech);
      const id = ++lastId;
      // The null engine is busy when its prompt says so; others when they say anything that comes to mind, and find no end.
      const prompt = backend.says === null ? tokenize("sleep 2000") : noTokens;
      const work = (changes: Partial<Chunk>): unknown =>
        lane.decode(chunk({ input, id, prompt, temperature: 2, bestOf: 4, ...changes }));
      await expectStops((cancel) => work({ cancel }));
      expect(lane.decode(chunk())).toEqual(good);
    });

    it("times given tokens, in order and inside the chunk", () => {
      const id = ++lastId;
      const tokens = Int32Array.from(textTokens(lane.decode(chunk({ id })).tokens, model.info));
      const { startS, endS } = lane.align(chunk({ id, tokens }));
      expect(startS).toHaveLength(tokens.length);
      expect([...startS]).toEqual([...startS].toSorted((a, b) => a - b));
      startS.forEach((start, i) => expect(endS[i]!).toBeGreaterThanOrEqual(start));
      expect(startS[0]!).toBeGreaterThanOrEqual(0);
      expect(endS.at(-1)!).toBeLessThanOrEqual(backend.speech.length / 16_000 + 0.02);
      expect(lane.align(chunk({ id, tokens: noTokens })).startS).toHaveLength(0);
    });

    it("gives back the memory of its lanes", () => {
      const work = (): void => {
        using other = new Lane(library, pointer);
        other.decode(chunk({ beamSize: 1 }));
      };
      const rssMb = (): number => {
        Bun.gc(true);
        return process.memoryUsage.rss() / 1e6;
      };
      for (let i = 0; i < 3; i++) work();
      const before = rssMb();
      for (let i = 0; i < 10; i++) work();
      // A lane that stayed would be tens of megabytes each time.
      expect(rssMb() - before).toBeLessThan(60);
    });
  });
}

// --- internal ---

function textTokens(tokens: Int32Array, { tokenTextEnd }: ModelInfo): number[] {
  return [...tokens].filter((id) => id < tokenTextEnd);
}

function expectCode(code: AsrError["code"], body: () => unknown): void {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AsrError);
    expect((error as AsrError).code).toBe(code);
    expect((error as AsrError).message).not.toBe("");
    return;
  }
  throw new Error(`expected ${code}, found no failure`);
}
