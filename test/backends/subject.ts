/**
 * Opens a backend for the conformance suite. The backend has one loaded model with one lane. Also provides chunks of
 * speech for this model.
 */
import { expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AsrError } from "../../src/errors.ts";
import { AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import { Model } from "../../src/runner/engine/asr-model.ts";
import {
  type callGroup,
  type Chunk,
  type FeedOptions,
  type ModelInfo,
  type StreamOptions,
} from "../../src/runner/engine/asr-structs.ts";
import { Features } from "../../src/runner/engine/features.ts";
import { builtLibrary } from "./built.ts";

export interface BackendCase {
  readonly id: string;
  readonly libraryPath: string;
  /** A model that can be loaded: the path of a file or folder, or a name. */
  readonly model: string;
  /** Groups of calls that the model supports. */
  readonly groups: readonly (keyof typeof callGroup)[];
  /**
   * Whether the model is a Whisper model or behaves like one: it decodes timestamp tokens and reports a no-speech
   * probability.
   */
  readonly isWhisper: boolean;
  /** False if the engine counts the time of the encoder as time of the decoder. */
  readonly separatesEncoder?: boolean;
  /** Name of the file with the weights. Absent if the model is not a folder. */
  readonly weightsFile?: string;
  /** The number format of the computation. Absent: the default of the engine. */
  readonly computeType?: string;
  /** A few seconds of speech, at the sample rate of the model. */
  readonly speech: Float32Array;
  /** Audio that keeps `recognize` and streams busy for at least one second. */
  readonly busy?: Float32Array;
  readonly language: string;
  /**
   * Pattern of the text that the engine must recognize in the speech. Null if the engine does not derive its text from
   * the audio.
   */
  readonly says: RegExp | null;
  /**
   * Names of the cases that `npm test` runs. `npm run test:full` runs the other cases, too. When absent, `npm test`
   * runs all cases.
   */
  readonly quick?: readonly string[];
  readonly skip: readonly { readonly reason: string; readonly cases: readonly string[] }[];
}

/** Defines a case. The subject is loaded when the case runs. */
export type DefineCase = (name: string, body: (subject: Subject) => void | Promise<void>) => void;

/** Length of a window in seconds. It is shorter than the full window, and long enough for the speech. */
export const shortWindowS = 15.36;
export const noTokens = new Int32Array(0);

export class Subject implements Disposable {
  readonly backend: BackendCase;
  readonly library: EngineLibrary;
  readonly pointer: ReturnType<EngineLibrary["loadModel"]>;
  readonly model: Model;
  readonly lane: Lane;
  /** Computes the features of the model. Null if the engine takes samples instead of features. */
  readonly features: Features | null;
  /** Folder in which tests create damaged models. */
  readonly folder = mkdtempSync(join(tmpdir(), "open-asr-backend-"));
  #lastId = 0;

  constructor(backend: BackendCase) {
    this.backend = backend;
    this.library = new EngineLibrary(backend.libraryPath);
    const { model: from, computeType = null } = backend;
    this.pointer = this.library.loadModel({ from, gpu: false, threads: 1, computeType });
    this.model = new Model(this.library, this.pointer);
    this.lane = new Lane(this.library, this.pointer);
    const audio = new AudioLibrary(builtLibrary("audio"));
    this.features = Features.for(this.model.info.input, audio);
  }

  get info(): ModelInfo {
    return this.model.info;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** Returns the input that the engine takes: the samples themselves, or their features. */
  heard(input: Float32Array): Float32Array {
    if (this.features === null) return input;
    return this.features.of({ ...this.chunk({ input }), id: this.nextId() }).input;
  }

  /** Returns a chunk of the speech in which `changes` replaces some fields. */
  chunk(changes: Partial<Chunk> = {}): Chunk {
    return {
      input: changes.input ?? this.heard(this.backend.speech),
      cancel: cancelFlag(),
      prompt: noTokens,
      tokens: noTokens,
      id: this.nextId(),
      windowS: this.info.windowStepS > 0 ? shortWindowS : this.info.windowMaxS,
      language: this.info.languages.indexOf(this.backend.language),
      translate: false,
      timestamps: true,
      temperature: 0,
      beamSize: this.backend.groups.includes("recognize") ? 1 : 2,
      bestOf: 2,
      seed: 1,
      threads: 1,
      ...changes,
    };
  }

  streamOptions(changes: Partial<StreamOptions> = {}): StreamOptions {
    const language = this.info.languages.indexOf(this.backend.language);
    return { language, translate: false, temperature: 0, seed: 1, threads: 1, ...changes };
  }

  textOf(tokens: Int32Array): string {
    const text = textTokens(tokens, this.info).map((id) => this.model.tokenBytes(id));
    return new TextDecoder().decode(Buffer.concat(text));
  }

  [Symbol.dispose](): void {
    this.lane[Symbol.dispose]();
    this.model[Symbol.dispose]();
    rmSync(this.folder, { recursive: true });
  }
}

export function textTokens(tokens: Int32Array, { tokenTextEnd }: ModelInfo): number[] {
  return [...tokens].filter((id) => id < tokenTextEnd);
}

export function cancelFlag(value = 0): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4)).fill(value);
}

export function feedOptions(changes: Partial<FeedOptions> = {}): FeedOptions {
  return { isLast: false, cancel: cancelFlag(), ...changes };
}

/** Runs `work` and returns the AsrError that it throws. */
export function failureOf(work: () => unknown): AsrError {
  try {
    work();
  } catch (error) {
    if (error instanceof AsrError) return error;
    throw error;
  }
  throw new Error("expected an AsrError");
}

export function expectCode(code: AsrError["code"], body: () => unknown): void {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AsrError);
    expect((error as AsrError).code).toBe(code);
    expect((error as AsrError).message).not.toBe("");
    return;
  }
  throw new Error(`expected an error ${code}, found none`);
}

/** Runs `work` repeatedly and expects that memory use does not grow. `work` must close everything that it opens. */
export function expectMemoryBack(work: () => void): void {
  const rssMb = (): number => {
    Bun.gc(true);
    return process.memoryUsage.rss() / 1e6;
  };
  const growthMb = (): number => {
    const before = rssMb();
    for (let i = 0; i < 10; i++) work();
    return rssMb() - before;
  };
  for (let i = 0; i < 3; i++) work();
  // An allocator may keep some memory permanently, but it does this only once. A lane that is not freed takes tens of
  // megabytes in every round. So the test fails only if memory grows by 60 MB in each of four rounds.
  const growths: number[] = [];
  while (growths.length < 4 && !growths.some((mb) => mb < 60)) growths.push(growthMb());
  expect(Math.min(...growths)).toBeLessThan(60);
}
