/**
 * Transcribes one chunk on one lane: detects the language if needed, decodes the audio, divides the text into segments
 * and determines the times of the words.
 */
import type { EncoderWindow, TranscribeOptions } from "../../ipc/options.ts";
import { compressionRatio } from "../../transcript/compression-ratio.ts";
import type { Segment, Word } from "../../transcript/transcript.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import { decodeUntilGood } from "./decode.ts";
import { firstWindowS, isSilent } from "./temperature-fallback.ts";
import type { LaneClient } from "../engine/lane-client.ts";
import { dropLoops } from "./loops.ts";
import { type ChunkSegment, cutSegments } from "./segments.ts";
import type { Model } from "../engine/asr-model.ts";
import { type Chunk, capability } from "../engine/asr-structs.ts";
import type { LaneUse } from "../recognizer.ts";
import { snapSegment } from "./speech-snap.ts";
import { tokensToText } from "./text.ts";
import { type TimedSegment, timeWords } from "./words.ts";

/** The operator's settings for decoding. A request can override each of them. */
export interface DecodeSettings {
  readonly encoderWindow: EncoderWindow;
  /** Whether a suspicious result is sampled again at higher temperatures. */
  readonly temperatureFallback: boolean;
  readonly beamSize: number;
}

/** The settings for a chunk. */
export interface ChunkContext extends LaneUse {
  readonly model: Model;
  readonly settings: DecodeSettings;
  readonly options: TranscribeOptions;
  readonly promptTokens: Int32Array;
}

export interface ChunkTranscript {
  /** Language of the chunk; null if the chunk contained no speech. */
  readonly language: string | null;
  /** Segments with times in seconds from the start of the file. The caller assigns the ids. */
  readonly segments: readonly Omit<Segment, "id">[];
  readonly words: readonly Word[];
}

/**
 * Number of texts that the engine samples in one attempt at a temperature above 0. The engine returns the best of these
 * texts.
 */
const bestOf = 5;
/** Minimum length in seconds of a part of a chunk. A shorter part contains no word. */
const partMinS = 0.1;

/** Transcribes one chunk. `language` is the language of the chunk. If it is null, the language is detected. */
export async function transcribeChunk(
  lane: LaneClient,
  audio: AudioChunk,
  language: string | null,
  context: ChunkContext,
): Promise<ChunkTranscript> {
  const segments: Omit<Segment, "id">[] = [];
  const words: Word[] = [];
  let spoken = language;
  for (let fromS = 0; audio.durationS - fromS >= partMinS;) {
    const part = partOf(audio, fromS);
    if (isDigitalSilence(part.samples)) break;
    const chunk = firstChunk(part, context);
    spoken ??= await detectLanguage(lane, chunk, context);
    const inLanguage = { ...chunk, language: context.model.info.languages.indexOf(spoken) };
    const found = await transcribePart(lane, inLanguage, part, spoken, context);
    if (found === null) break;
    segments.push(...found.segments);
    words.push(...found.words);
    fromS += found.consumedS;
  }
  return { language: segments.length > 0 ? spoken : null, segments, words };
}

// --- internal ---

let lastChunkId = 0;

/** Returns the part of a chunk that starts at `fromS`. */
function partOf(chunk: AudioChunk, fromS: number): AudioChunk {
  const { samples, startS, durationS, speech } = chunk;
  const from = Math.round((fromS / durationS) * samples.length);
  return {
    ...chunk,
    samples: samples.subarray(from),
    startS: startS + fromS,
    durationS: durationS - fromS,
    speech:
      speech?.map((span) => ({ startS: span.startS - fromS, endS: span.endS - fromS })) ?? null,
  };
}

function isDigitalSilence(samples: Float32Array): boolean {
  return samples.every((x) => x === 0);
}

function firstChunk({ samples, durationS }: AudioChunk, context: ChunkContext): Chunk {
  const { info } = context.model;
  const { settings, options } = context;
  return {
    input: samples,
    cancel: context.cancel,
    prompt: context.promptTokens,
    tokens: new Int32Array(0),
    id: ++lastChunkId,
    windowS: firstWindowS(durationS, {
      mode: options.encoderWindow ?? settings.encoderWindow,
      ...info,
    }),
    language: 0,
    translate: options.task === "translate",
    timestamps: (info.capabilities & capability.timestamps) !== 0,
    temperature: options.temperature,
    beamSize: options.beamSize ?? settings.beamSize,
    bestOf,
    seed: 0,
    threads: context.threads,
    remainingS: context.remainingS,
  };
}

async function detectLanguage(
  lane: LaneClient,
  chunk: Chunk,
  { model: { info }, options: { languages } }: ChunkContext,
): Promise<string> {
  if ((info.capabilities & capability.detectLanguage) === 0) return info.languages[0] ?? "en";
  const probs = await lane.detectLanguage(chunk);
  const candidates = languages.length === 0 ? info.languages : languages;
  const probOf = (code: string) => probs[info.languages.indexOf(code)] ?? -1;
  return candidates.reduce(
    (best, code) => (probOf(code) > probOf(best) ? code : best),
    candidates[0] ?? "en",
  );
}

/**
 * Transcribes one part of a chunk. Returns its segments and words, and the length of the transcribed audio in seconds.
 * Returns null if the part contains no speech.
 */
async function transcribePart(
  lane: LaneClient,
  chunk: Chunk,
  part: AudioChunk,
  language: string,
  { model, settings, options }: ChunkContext,
) {
  const fallback = options.temperatureFallback ?? settings.temperatureFallback;
  const decoded = await decodeUntilGood(lane, chunk, part, model, fallback);
  if (isSilent(decoded)) return null;
  const { result } = decoded;
  const logprobs = options.logprobs ? [...result.logprobs] : undefined;
  const cut = cutSegments([...result.tokens], part.durationS, model.info, logprobs);
  const spoken = dropLoops(cut.segments, {
    tokenTextEnd: model.info.tokenTextEnd,
    isComplete: decoded.isComplete,
  });
  const timed = options.words
    ? await timeSegments(lane, { ...chunk, windowS: decoded.attempt.windowS }, spoken, part)
    : spoken.map((segment) => ({ ...segment, words: [] }));

  const { temperature } = decoded.attempt;
  const { avgLogprob, noSpeechProb } = decoded;
  const facts = { temperature, avgLogprob, noSpeechProb, seekS: part.startS };
  const ratio = compressionRatio(tokensToText(textTokens(spoken, model), model));
  return {
    consumedS: cut.consumedS,
    segments: timed.map((segment) => ({
      ...facts,
      compressionRatio: ratio,
      startS: part.startS + segment.startS,
      endS: part.startS + segment.endS,
      text: tokensToText(textTokens([segment], model), model),
      tokens: segment.tokens,
      ...tokenLogprobs(segment, model),
    })),
    words: timed.flatMap(({ words }) =>
      words.map(({ text, startS, endS }) => ({
        text,
        startS: part.startS + startS,
        endS: part.startS + endS,
      })),
    ),
  };

  async function timeSegments(
    aligner: LaneClient,
    aligned: Chunk,
    segments: readonly ChunkSegment[],
    { speech }: AudioChunk,
  ): Promise<TimedSegment[]> {
    const tokens = Int32Array.from(textTokens(segments, model));
    const times = await aligner.align({ ...aligned, tokens });
    const written = options.task === "translate" ? "en" : language;
    const withWords = timeWords(segments, times, written, model);
    return speech === null ? withWords : withWords.map((one) => snapSegment(one, speech));
  }
}

/**
 * Returns the text tokens of a segment with their log-probabilities. If log-probabilities were not requested, returns
 * an empty object.
 */
function tokenLogprobs(
  { tokens, logprobs }: ChunkSegment,
  model: Model,
): Pick<Segment, "logprobs"> {
  if (logprobs === undefined) return {};
  const all = tokens.map((id, at) => ({ id, logprob: logprobs[at] ?? 0 }));
  return {
    logprobs: all
      .filter(({ id }) => id < model.info.tokenTextEnd)
      .map(({ id, logprob }) => ({ bytes: [...model.tokenBytes(id)], logprob })),
  };
}

function textTokens(segments: readonly ChunkSegment[], { info }: Model): number[] {
  return segments.flatMap(({ tokens }) => tokens.filter((id) => id < info.tokenTextEnd));
}
