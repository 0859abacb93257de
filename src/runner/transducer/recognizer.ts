/**
 * Transcribes with transducer and CTC models (Parakeet). Any lane can transcribe any chunk. One call returns the tokens
 * of a chunk with their times.
 */
import { type Capabilities, requireCapabilities } from "../../ipc/capabilities.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import { SpeechRecord } from "../audio/speech-record.ts";
import type { Model } from "../engine/asr-model.ts";
import { inputKind, type TimedTokens } from "../engine/asr-structs.ts";
import type {
  ChunkResult,
  JobLanes,
  Needs,
  Recognizer,
  Session,
  SessionStart,
} from "../recognizer.ts";
import { framesOf } from "../timed-tokens/frames.ts";
import { knownLanguage } from "../timed-tokens/language.ts";
import { SentenceSplitter, toTranscript } from "../timed-tokens/sentences.ts";
import { WordJoiner } from "../timed-tokens/words.ts";

export class TransducerRecognizer implements Recognizer {
  readonly needs: Needs;
  readonly can: Capabilities;
  readonly chunksAtOnce: number;
  readonly #model: Model;

  constructor(model: Model, lanes: number) {
    this.needs = {
      sampleRate: model.info.input === inputKind.pcm24k ? 24000 : 16000,
      chunkMaxS: model.info.windowMaxS,
      speechOnly: true,
      speechSpans: false,
      speechProbs: true,
      ...framesOf(model.info),
    };
    this.can = {
      languages: [...model.info.languages],
      detectLanguage: false,
      prompt: false,
      keywords: false,
      beamSize: false,
      encoderWindow: false,
      temperature: false,
      words: true,
      translate: false,
      live: false,
    };
    // Each lane processes one chunk, and one additional chunk waits for the next free lane.
    this.chunksAtOnce = lanes + 1;
    this.#model = model;
  }

  open(start: SessionStart, lanes: JobLanes): Session {
    requireCapabilities(start.options, this.can);
    return new TransducerSession(this.#model, start, lanes, this.chunksAtOnce);
  }
}

// --- internal ---

/** Minimum length of a chunk in seconds. A shorter chunk contains no word. */
const chunkMinS = 0.1;

let lastChunkId = 0;

class TransducerSession implements Session {
  readonly chunksAtOnce: number;
  /** Always 0, because the model does not support prompts. */
  readonly promptTokens = 0;
  readonly #model: Model;
  readonly #start: SessionStart;
  readonly #lanes: JobLanes;
  #hasWords: boolean;
  /** Promise for the result of the last chunk that was pushed. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: Model, start: SessionStart, lanes: JobLanes, chunksAtOnce: number) {
    this.#model = model;
    this.#start = start;
    this.#lanes = lanes;
    this.chunksAtOnce = chunksAtOnce;
    this.#hasWords = (start.from?.segments ?? 0) > 0;
  }

  get language(): string | null {
    return knownLanguage(this.#start.options, this.#model.info, this.#hasWords);
  }

  push(chunk: AudioChunk): Promise<ChunkResult> {
    const earlier = this.#last;
    const work = chunk.durationS < chunkMinS ? Promise.resolve(null) : this.#recognize(chunk);
    const result = Promise.allSettled([earlier, work])
      .then(() => work)
      .then((tokens) => this.#toResult(chunk, tokens));
    this.#last = result;
    return result;
  }

  /** Returns no results, because each chunk has already returned all of its results. */
  async finish(): Promise<ChunkResult> {
    return { segments: [], words: [], resume: this.#resume };
  }

  async close(): Promise<void> {}

  #recognize({ samples }: AudioChunk): Promise<TimedTokens> {
    const { cancelFlag: cancel, options } = this.#start;
    const language = this.#model.info.languages.indexOf(options.language ?? "");
    const id = ++lastChunkId;
    return this.#lanes.use((lane, threads) =>
      lane.recognize({ input: samples, cancel, id, language, threads }),
    );
  }

  #toResult(chunk: AudioChunk, tokens: TimedTokens | null): ChunkResult {
    const { startS, durationS, speechProbs } = chunk;
    const joiner = new WordJoiner(this.#model);
    const splitter = new SentenceSplitter();
    const words = tokens === null ? [] : [...joiner.push(tokens), ...joiner.flush(durationS)];
    this.#hasWords ||= words.length > 0;
    const sentences = [...splitter.push(words), ...splitter.flush()];
    const vocabulary = this.#start.options.logprobs ? this.#model : null;
    const speech = new SpeechRecord();
    if (speechProbs !== null) speech.add(speechProbs);
    const { temperature } = this.#start.options;
    const found = toTranscript(sentences, { startS, temperature, speech, vocabulary });
    return { ...found, resume: this.#resume };
  }

  /** State of the session for the checkpoint. The session keeps no audio between chunks. Therefore `replay` is 0. */
  get #resume(): ChunkResult["resume"] {
    return { language: this.language, spokenS: {}, replay: 0 };
  }
}
