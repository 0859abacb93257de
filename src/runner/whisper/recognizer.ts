/**
 * Transcribes with Whisper models. Any lane can transcribe any chunk. If the language of the job is unknown, the
 * session processes one chunk at a time, until a chunk with speech determines the language. With `multilingual`, it
 * does not wait, because each chunk has its own language.
 */
import { type Capabilities, requireCapabilities } from "../../ipc/capabilities.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import { capability, inputKind } from "../engine/asr-structs.ts";
import type { Model } from "../engine/asr-model.ts";
import type {
  ChunkResult,
  JobLanes,
  LaneUse,
  Recognizer,
  Session,
  SessionStart,
} from "../recognizer.ts";
import { promptTokens } from "./prompt.ts";
import { Tokenizer } from "./tokenizer.ts";
import {
  type ChunkContext,
  type ChunkTranscript,
  type DecodeSettings,
  transcribeChunk,
} from "./transcribe-chunk.ts";

export class WhisperRecognizer implements Recognizer {
  readonly needs;
  readonly can: Capabilities;
  readonly chunksAtOnce: number;
  readonly #model: Model;
  readonly #tokenizer: Tokenizer;
  readonly #settings: DecodeSettings;

  constructor(model: Model, settings: DecodeSettings, lanes: number) {
    this.needs = {
      sampleRate: model.info.input === inputKind.pcm24k ? 24000 : 16000,
      chunkMaxS: model.info.windowMaxS,
      speechOnly: true,
      speechSpans: true,
      speechProbs: false,
      // The length of one encoder frame is the step between two timestamp tokens.
      ...(model.info.timestampStepS > 0 ? { framesPerS: 1 / model.info.timestampStepS } : {}),
    } as const;
    this.can = capabilitiesOf(model);
    // Each lane processes one chunk, and one additional chunk waits for the next free lane.
    this.chunksAtOnce = lanes + 1;
    this.#model = model;
    this.#tokenizer = new Tokenizer(model);
    this.#settings = settings;
  }

  open(start: SessionStart, lanes: JobLanes): Session {
    const { options } = start;
    requireCapabilities(options, this.can);
    const model = this.#model;
    const prompt = promptTokens(options, { model, tokenizer: this.#tokenizer });
    const context = { model, settings: this.#settings, options, promptTokens: prompt };
    return new WhisperSession(start, context, lanes, this.chunksAtOnce);
  }
}

// --- internal ---

function capabilitiesOf({ info }: Model): Capabilities {
  const has = (bit: number): boolean => (info.capabilities & bit) !== 0;
  return {
    languages: [...info.languages],
    detectLanguage: has(capability.detectLanguage),
    prompt: has(capability.prompt),
    // Keywords are a part of the prompt, so a model supports keywords if it supports prompts.
    keywords: has(capability.prompt),
    temperature: has(capability.temperature),
    beamSize: has(capability.beam),
    encoderWindow: true,
    words: has(capability.align),
    translate: has(capability.translate),
    live: false,
  };
}

/** The settings that all chunks of a job share. */
type SharedContext = Omit<ChunkContext, keyof LaneUse>;

class WhisperSession implements Session {
  readonly #context: SharedContext;
  readonly #lanes: JobLanes;
  readonly #chunksAtOnce: number;
  /** Language of the request, or of the first chunk with speech; null while it is unknown. */
  #language: string | null;
  /** For each language, the total length of its segments in seconds. */
  readonly #spokenS: Map<string, number>;
  /** Promise for the result of the last chunk that was pushed. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    { options, from }: SessionStart,
    context: SharedContext,
    lanes: JobLanes,
    chunksAtOnce: number,
  ) {
    this.#context = context;
    this.#lanes = lanes;
    this.#chunksAtOnce = chunksAtOnce;
    this.#language = from?.language ?? options.language;
    this.#spokenS = new Map(Object.entries(from?.spokenS ?? {}));
  }

  /**
   * Maximum number of chunks in progress. It is 1 while the language of the job is unknown, because the next chunk must
   * use that language. With `multilingual`, the language of each chunk is detected, so no chunk waits for another
   * chunk.
   */
  get chunksAtOnce(): number {
    const { multilingual } = this.#context.options;
    return this.#language === null && !multilingual ? 1 : this.#chunksAtOnce;
  }

  get promptTokens(): number {
    return this.#context.promptTokens.length;
  }

  get language(): string | null {
    const [most] = [...this.#spokenS].toSorted(([, a], [, b]) => b - a);
    return most?.[0] ?? this.#language;
  }

  push(chunk: AudioChunk): Promise<ChunkResult> {
    const language = this.#context.options.multilingual ? null : this.#language;
    const work = this.#lanes.use((lane, use) =>
      transcribeChunk(lane, chunk, language, { ...this.#context, ...use }),
    );
    const result = inOrder(this.#last, work).then((transcript) => this.#count(transcript));
    this.#last = result;
    return result;
  }

  /** Returns no results, because each chunk has already returned all of its results. */
  async finish(): Promise<ChunkResult> {
    return { segments: [], words: [], resume: this.#resume };
  }

  async close(): Promise<void> {}

  #count({ language, segments, words }: ChunkTranscript): ChunkResult {
    if (language !== null) {
      this.#language ??= language;
      const seconds = segments.reduce((sum, { startS, endS }) => sum + endS - startS, 0);
      this.#spokenS.set(language, (this.#spokenS.get(language) ?? 0) + seconds);
    }
    return { segments, words, resume: this.#resume };
  }

  /** State of the session for the checkpoint. `replay` is 0, because a new session needs no earlier chunk. */
  get #resume(): ChunkResult["resume"] {
    const spokenS = Object.fromEntries(this.#spokenS);
    return { language: this.#language, spokenS, replay: 0 };
  }
}

/** Returns the result of `work` after `earlier` has settled. */
async function inOrder<T>(earlier: Promise<unknown>, work: Promise<T>): Promise<T> {
  await Promise.allSettled([earlier, work]);
  return work;
}
