/** One chunk on one lane: detect the language if need be, decode, judge, decode again, cut, time the words. */
import { AsrError } from "../errors.ts";
import type { TranscribeOptions } from "../job.ts";
import type { Segment, Word } from "../transcript.ts";
import type { AudioChunk } from "./chunker.ts";
import {
  type Attempt,
  compressionRatio,
  firstWindowS,
  isBetter,
  isSilent,
  judge,
} from "./judge.ts";
import type { LaneClient } from "./lanes.ts";
import { type ChunkSegment, cutSegments } from "./segments.ts";
import { type Chunk, type DecodeResult, type Model, capability } from "./shim.ts";
import { tokensToText } from "./text.ts";
import { cutWords } from "./words.ts";

export interface DecodeSettings {
  readonly encoderWindow: "auto" | "full";
  readonly beamSize: number;
}

/** What the chunks of one job have in common. */
export interface ChunkContext {
  readonly model: Model;
  readonly settings: DecodeSettings;
  readonly options: TranscribeOptions;
  readonly promptTokens: Int32Array;
  /** A word in shared memory that stops the work. */
  readonly cancel: Int32Array;
  /** CPU threads for the encoder. */
  readonly threads: number;
}

export interface ChunkTranscript {
  /** Null when there was nothing to hear. */
  readonly language: string | null;
  /** Times on the file's clock; ids are given later. */
  readonly segments: readonly Omit<Segment, "id">[];
  readonly words: readonly Word[];
}

/** Samples drawn at a temperature above 0; the best one counts. */
const bestOf = 5;
/** Peak below which audio is silence: -60 dB of full scale. */
const silencePeak = 1e-3;

/** `language` is the job's, once it is known; null: detect it. */
export async function transcribeChunk(
  lane: LaneClient,
  audio: AudioChunk,
  language: string | null,
  context: ChunkContext,
): Promise<ChunkTranscript> {
  const segments: Omit<Segment, "id">[] = [];
  const words: Word[] = [];
  let spoken = language;
  for (let fromS = 0; fromS < audio.durationS;) {
    const part = partOf(audio, fromS);
    if (isDigitalSilence(part.samples)) break;
    const chunk = firstChunk(part, context);
    spoken ??= await detectLanguage(lane, chunk, context.model);
    const decoded = await decode(
      lane,
      { ...chunk, language: languageIndex(spoken, context.model) },
      part,
      context,
    );
    if (decoded === null) break;
    segments.push(...decoded.segments);
    words.push(...decoded.words(spoken));
    fromS += decoded.consumedS;
  }
  return { language: segments.length > 0 ? spoken : null, segments, words };
}

/** Index of a language in the engine's order. */
export function languageIndex(language: string, { info }: Model): number {
  const index = info.languages.indexOf(language);
  if (index >= 0) return index;
  const known =
    info.languages.length > 8 ? `${info.languages.length} others` : info.languages.join(", ");
  throw new AsrError(
    "unsupported_value",
    `Cannot transcribe language "${language}": this model speaks ${known}`,
    { param: "language" },
  );
}

// --- internal ---

let lastChunkId = 0;

interface Candidate {
  readonly attempt: Attempt;
  readonly result: DecodeResult;
  readonly text: string;
  readonly avgLogprob: number;
  readonly noSpeechProb: number;
  readonly isComplete: boolean;
}

function partOf({ samples, startS, durationS }: AudioChunk, fromS: number): AudioChunk {
  const from = Math.round((fromS / durationS) * samples.length);
  return { samples: samples.subarray(from), startS: startS + fromS, durationS: durationS - fromS };
}

function isDigitalSilence(samples: Float32Array): boolean {
  return samples.every((x) => Math.abs(x) < silencePeak);
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
    windowS: firstWindowS(durationS, { mode: settings.encoderWindow, ...info }),
    language: 0,
    translate: false,
    timestamps: (info.capabilities & capability.timestamps) !== 0,
    temperature: options.temperature,
    beamSize: settings.beamSize,
    bestOf,
    seed: 0,
    threads: context.threads,
  };
}

async function detectLanguage(lane: LaneClient, chunk: Chunk, { info }: Model): Promise<string> {
  if ((info.capabilities & capability.detectLanguage) === 0) return info.languages[0] ?? "en";
  const probs = await lane.detectLanguage(chunk);
  const best = probs.reduce((top, p, index) => (p > probs[top]! ? index : top), 0);
  return info.languages[best] ?? "en";
}

async function decode(lane: LaneClient, chunk: Chunk, part: AudioChunk, context: ChunkContext) {
  const best = await decodeUntilGood(lane, chunk, context);
  if (isSilent(best)) return null;
  const cut = cutSegments([...best.result.tokens], part.durationS, context.model.info);
  const text = tokensToText(textTokens(cut.segments, context.model), context.model);
  const facts = {
    temperature: best.attempt.temperature,
    avgLogprob: best.avgLogprob,
    compressionRatio: compressionRatio(text),
    noSpeechProb: best.noSpeechProb,
    seekS: part.startS,
  };
  const segments = cut.segments.map((segment) => ({
    ...facts,
    startS: part.startS + segment.startS,
    endS: part.startS + segment.endS,
    text: tokensToText(textTokens([segment], context.model), context.model),
    tokens: segment.tokens,
  }));
  const times = context.options.words
    ? await lane.align({
        ...chunk,
        windowS: best.attempt.windowS,
        tokens: Int32Array.from(textTokens(cut.segments, context.model)),
      })
    : null;
  const words = (language: string): Word[] =>
    times === null
      ? []
      : cutWords(cut.segments, times, language, context.model).map(
          ({ text: word, startS, endS }) => ({
            text: word,
            startS: part.startS + startS,
            endS: part.startS + endS,
          }),
        );
  return { segments, words, consumedS: cut.consumedS };
}

/** Decodes until the judge accepts, or has nothing more to try: then the best of what there was. */
async function decodeUntilGood(
  lane: LaneClient,
  chunk: Chunk,
  context: ChunkContext,
): Promise<Candidate> {
  const { windowMaxS } = context.model.info;
  let attempt: Attempt = { windowS: chunk.windowS, temperature: chunk.temperature };
  let best: Candidate | null = null;
  for (let seed = 0; ; seed++) {
    const candidate = await tryDecode(lane, { ...chunk, ...attempt, seed }, context.model);
    const { accepted, next } = judge(attempt, candidate, chunk.temperature, windowMaxS);
    if (accepted) return candidate;
    // What a cut window gave does not compete with what the full one gives.
    const widened = best !== null && best.attempt.windowS < attempt.windowS;
    if (best === null || widened || isBetter(candidate, best)) best = candidate;
    if (next === null) return best;
    attempt = next;
  }
}

async function tryDecode(lane: LaneClient, chunk: Chunk, model: Model): Promise<Candidate> {
  const result = await lane.decode(chunk);
  const text = tokensToText(
    [...result.tokens].filter((id) => id < model.info.tokenTextEnd),
    model,
  );
  const { windowS, temperature } = chunk;
  const { avgLogprob, noSpeechProb, isComplete } = result;
  return { attempt: { windowS, temperature }, result, text, avgLogprob, noSpeechProb, isComplete };
}

function textTokens(segments: readonly ChunkSegment[], { info }: Model): number[] {
  return segments.flatMap(({ tokens }) => tokens.filter((id) => id < info.tokenTextEnd));
}
