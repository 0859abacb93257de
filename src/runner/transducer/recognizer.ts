/**
 * Transcribes with models that return the text of a chunk in one call. Any lane can transcribe any chunk. Transducers and
 * CTC models (Parakeet) return tokens with times. Other models return only a text, which becomes one segment.
 */
import { AsrError } from "../../errors.ts";
import {
  type Capabilities,
  plainCapabilities,
  requireCapabilities,
} from "../../ipc/capabilities.ts";
import type { TranscribeOptions } from "../../ipc/options.ts";
import { compressionRatio } from "../../transcript/compression-ratio.ts";
import type { Segment } from "../../transcript/transcript.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import { SpeechRecord } from "../audio/speech-record.ts";
import type { Model } from "../engine/asr-model.ts";
import {
  capability,
  inputKind,
  type Recognition,
  type TimedTokens,
} from "../engine/asr-structs.ts";
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
    this.can = capabilitiesOf(model);
    // Each lane processes one chunk, and one additional chunk waits for the next free lane.
    this.chunksAtOnce = lanes + 1;
    this.#model = model;
  }

  open(start: SessionStart, lanes: JobLanes): Session {
    requireCapabilities(start.options, this.can);
    requireOneLanguage(start.options);
    return new TransducerSession(this.#model, start, lanes, this.chunksAtOnce);
  }
}

// --- internal ---

/** Minimum length of a chunk in seconds. A shorter chunk contains no word. */
const chunkMinS = 0.1;

let lastChunkId = 0;

function capabilitiesOf({ info }: Model): Capabilities {
  const has = (bit: number): boolean => (info.capabilities & bit) !== 0;
  return {
    ...plainCapabilities,
    languages: [...info.languages],
    detectLanguage: has(capability.detectLanguage),
    beamSize: has(capability.beam),
    words: has(capability.tokenTimes),
    translate: has(capability.translate),
  };
}

/** Rejects a list of several languages, because a list cannot limit the languages from which these models choose. */
function requireOneLanguage({ languages }: Pick<TranscribeOptions, "languages">): void {
  if (languages.length <= 1) return;
  throw new AsrError(
    "unsupported_value",
    "Cannot choose between languages: this model detects all of its languages or none; send one language",
    { param: "languages" },
  );
}

class TransducerSession implements Session {
  readonly chunksAtOnce: number;
  /** Always 0, because the model does not support prompts. */
  readonly promptTokens = 0;
  readonly #model: Model;
  readonly #start: SessionStart;
  readonly #lanes: JobLanes;
  #hasWords: boolean;
  /** For each language that the model detected, the total length of its chunks in seconds. */
  readonly #spokenS: Map<string, number>;
  /** Promise for the result of the last chunk that was pushed. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(model: Model, start: SessionStart, lanes: JobLanes, chunksAtOnce: number) {
    this.#model = model;
    this.#start = start;
    this.#lanes = lanes;
    this.chunksAtOnce = chunksAtOnce;
    this.#hasWords = (start.from?.segments ?? 0) > 0;
    this.#spokenS = new Map(Object.entries(start.from?.spokenS ?? {}));
  }

  get language(): string | null {
    const [most] = [...this.#spokenS].toSorted(([, a], [, b]) => b - a);
    const { options } = this.#start;
    return (
      options.language ?? most?.[0] ?? knownLanguage(options, this.#model.info, this.#hasWords)
    );
  }

  push(chunk: AudioChunk): Promise<ChunkResult> {
    const earlier = this.#last;
    const work = chunk.durationS < chunkMinS ? Promise.resolve(null) : this.#recognize(chunk);
    const result = Promise.allSettled([earlier, work])
      .then(() => work)
      .then((found) => this.#lanes.assemble(() => this.#toResult(chunk, found)));
    this.#last = result;
    return result;
  }

  /** Returns no results, because each chunk has already returned all of its results. */
  async finish(): Promise<ChunkResult> {
    return { segments: [], words: [], resume: this.#resume };
  }

  async close(): Promise<void> {}

  #recognize({ samples }: AudioChunk): Promise<Recognition> {
    const { options } = this.#start;
    // Without a number in the request, these models decode greedily: more beams take much longer and change little.
    const beamSize = options.beamSize ?? 1;
    const language = this.#model.info.languages.indexOf(options.language ?? "");
    const translate = options.task === "translate";
    const id = ++lastChunkId;
    return this.#lanes.use((lane, use) =>
      lane.recognize({ input: samples, id, language, translate, beamSize, ...use }),
    );
  }

  #toResult(chunk: AudioChunk, found: Recognition | null): ChunkResult {
    if (found === null) return { segments: [], words: [], resume: this.#resume };
    const { segments, words } = this.#isTimed
      ? this.#sentences(chunk, found)
      : { segments: this.#wholeChunk(chunk, found), words: [] };
    const language = this.#model.info.languages[found.language];
    if (language !== undefined && segments.length > 0) {
      this.#spokenS.set(language, (this.#spokenS.get(language) ?? 0) + chunk.durationS);
    }
    this.#hasWords ||= segments.length > 0;
    return { segments, words, resume: this.#resume };
  }

  get #isTimed(): boolean {
    return (this.#model.info.capabilities & capability.tokenTimes) !== 0;
  }

  #sentences({ startS, durationS, speechProbs }: AudioChunk, tokens: TimedTokens) {
    const joiner = new WordJoiner(this.#model);
    const splitter = new SentenceSplitter();
    const words = [...joiner.push(tokens), ...joiner.flush(durationS)];
    const sentences = [...splitter.push(words), ...splitter.flush()];
    const vocabulary = this.#start.options.logprobs ? this.#model : null;
    const speech = speechIn(speechProbs);
    const { temperature } = this.#start.options;
    return toTranscript(sentences, { startS, temperature, speech, vocabulary });
  }

  /** Returns the text of a chunk as one segment that is as long as the chunk. Empty if the chunk has no text. */
  #wholeChunk(
    { startS, durationS, speechProbs }: AudioChunk,
    { text }: Recognition,
  ): readonly Omit<Segment, "id">[] {
    const said = text.trim();
    if (said === "") return [];
    const endS = startS + durationS;
    const speechProb = speechIn(speechProbs).mean(startS, endS);
    const segment = {
      startS,
      endS,
      text: ` ${said}`,
      tokens: [],
      temperature: this.#start.options.temperature,
      compressionRatio: compressionRatio(said),
      ...(speechProb === null ? {} : { noSpeechProb: 1 - speechProb }),
      seekS: startS,
    };
    return [segment];
  }

  /** State of the session for the checkpoint. `replay` is 0, because a new session needs no earlier chunk. */
  get #resume(): ChunkResult["resume"] {
    return { language: this.language, spokenS: Object.fromEntries(this.#spokenS), replay: 0 };
  }
}

function speechIn(probs: AudioChunk["speechProbs"]): SpeechRecord {
  const speech = new SpeechRecord();
  if (probs !== null) speech.add(probs);
  return speech;
}
