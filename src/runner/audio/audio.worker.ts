/**
 * Runs the audio thread, which decodes files and cuts them into chunks, one chunk per request. A request that is not
 * complete after a turn is answered with "unfinished", and is sent again.
 */
import { AudioDecoder, AudioLibrary } from "./audio-library.ts";
import { type AudioRequest, triesOtherTracks } from "./audio-request.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";
import { type AudioChunk, Chunker, type Cutter } from "./chunker.ts";
import { toFailure } from "../../ipc/failure.ts";
import { FeedCutter, type SpeechSource } from "./feed-cutter.ts";
import { PauseCutter } from "./pause-cutter.ts";
import type { Failure } from "../../ipc/protocol.ts";
import { SpeechCutter } from "./speech-cutter.ts";
import { spanRules, SpeechSpans } from "./speech-spans.ts";
import { type ForeignFormat, UnsupportedAudio } from "./unsupported-audio.ts";
import { openVoice, type Voice } from "./voice.ts";

export type ToAudio =
  | { readonly type: "library"; readonly path: string }
  | ({ readonly type: "open" } & AudioRequest)
  | { readonly type: "next"; readonly job: number }
  /** Releases the memory of a chunk, because no code reads the chunk any more. */
  | { readonly type: "give-back"; readonly samples: AudioChunk["samples"] }
  | { readonly type: "close"; readonly job: number };

export type FromAudio = { readonly job: number } & (
  | {
      readonly type: "opened";
      readonly durationS: number | null;
      /** Number of channels of the track. */
      readonly channels: number;
    }
  | { readonly type: "chunk"; readonly chunk: AudioChunk }
  | ({ readonly type: "end" } & End)
  /** The turn is over before the next chunk is complete. */
  | { readonly type: "unfinished" }
  | {
      readonly type: "failed";
      readonly failure: Failure;
      /** Present if the audio library does not support the format, but ffmpeg may support it. */
      readonly foreign?: ForeignFormat;
    }
);

/** The answer, with the times in seconds that the audio thread spent on it. */
export type TimedAnswer = FromAudio & AudioTimes;

interface AudioTimes {
  /** Time for reading the file. */
  readonly decodeS: number;
  /** Time for finding speech and cutting the audio into chunks. */
  readonly vadS: number;
}

declare const self: Worker;

interface End {
  readonly durationS: number;
  /** Number of the decoded audio track; null if the file has only one track. */
  readonly track: number | null;
}

interface Source {
  readonly request: AudioRequest;
  /** Rank of the decoded track; the best track has rank 0. */
  readonly rank: number;
  /** The end of the best track, if that track and all other tracks so far contain no speech; otherwise null. */
  readonly silent: End | null;
  readonly decoder: AudioDecoder;
  readonly voice: Voice | null;
  readonly chunker: Chunker;
  atEnd: boolean;
  /** Whether the track contains speech, so that a chunk was cut. */
  hasSpeech: boolean;
}

/** Maximum length in seconds of the audio that one read of the decoder returns. */
const blockS = 1;
/**
 * Maximum time in milliseconds that a job uses this thread per turn. The thread may decode hours of silence before it
 * finds the next chunk. Without this maximum, other jobs would have to wait for that long.
 */
const turnMs = 50;

const sources = new Map<number, Source>();
const buffers = new ChunkBuffers();
let library: AudioLibrary | null = null;
/** Time in milliseconds of the current turn for finding speech and cutting the audio. */
let vadMs = 0;

self.onmessage = ({ data }: MessageEvent<ToAudio>) => {
  if (data.type === "library") {
    library = new AudioLibrary(data.path);
    return;
  }
  if (data.type === "give-back") buffers.giveBack(data.samples);
  else if (data.type === "close") close(data.job);
  else answer(data);
};

// --- internal ---

type Question = Extract<ToAudio, { type: "open" | "next" }>;

function answer(question: Question): void {
  const startMs = performance.now();
  vadMs = 0;
  const found = find(question, startMs + turnMs) ?? { type: "unfinished", job: question.job };
  const decodeS = (performance.now() - startMs - vadMs) / 1000;
  self.postMessage({ ...found, decodeS, vadS: vadMs / 1000 } satisfies TimedAnswer);
}

/** Returns the answer; null if the turn ended before the answer was ready. */
function find(question: Question, turnEndMs: number): FromAudio | null {
  try {
    return question.type === "open" ? open(question) : next(question.job, turnEndMs);
  } catch (error) {
    const foreign = error instanceof UnsupportedAudio ? { foreign: error.foreign } : {};
    return { type: "failed", job: question.job, failure: toFailure(error), ...foreign };
  }
}

function open(request: AudioRequest): FromAudio {
  const source = openTrack(request, 0, null);
  const { job } = request;
  sources.set(job, source);
  const { durationS, channels } = source.decoder;
  return { type: "opened", job, durationS, channels };
}

/** Opens the requested track. If the request contains no number of a track, opens the track with the rank `rank`. */
function openTrack(request: AudioRequest, rank: number, silent: End | null): Source {
  if (library === null) throw new Error("the audio library is not open");
  const { path, vad, cancel, track: number, ...how } = request;
  const { sampleRate } = request.options;
  const options = { ...request.options, track: number === null ? { rank } : { number } };
  const spans = how.speechSpans ? spanRules : null;
  const voiceOptions = { rate: sampleRate, keepsProbabilities: how.speechProbs, spans };
  const decoder = new AudioDecoder(library, path, options, cancel);
  const voice = vad === null ? null : openVoice(library, vad, voiceOptions);
  const speech = vad === null || voice === null ? null : { vad, voice };
  const cutter = cutterFor(sampleRate, how.chunkMaxS, speech);
  const speechSpans = voice !== null && how.speechSpans ? new SpeechSpans(voice) : null;
  const facts = { speechSpans, voice: how.speechProbs ? voice : null };
  const chunker = new Chunker(sampleRate, cutter, facts, buffers);
  const state = { atEnd: false, hasSpeech: false };
  return { request, rank, silent, decoder, voice, chunker, ...state };
}

function cutterFor(rate: number, chunkMaxS: number | null, speech: SpeechSource | null): Cutter {
  if (chunkMaxS === null) return new FeedCutter(rate, speech);
  if (speech === null) return new PauseCutter(rate, chunkMaxS);
  const { voice, vad } = speech;
  return new SpeechCutter(voice, vad, rate, Math.min(chunkMaxS, vad.maxSpeechS ?? chunkMaxS));
}

function next(job: number, turnEndMs: number): FromAudio | null {
  let source = sourceOf(job);
  const block = new Float32Array(source.decoder.sampleRate * blockS);
  do {
    const chunk = source.chunker.take();
    if (chunk !== null) {
      source.hasSpeech = true;
      return { type: "chunk", job, chunk };
    }
    if (!source.atEnd) {
      read(source, block);
      continue;
    }
    if (source.hasSpeech) return { type: "end", job, ...endOf(source) };
    const nextTrack: Source | null = openNextTrack(source);
    if (nextTrack === null) return { type: "end", job, ...(source.silent ?? endOf(source)) };
    dispose(source);
    source = nextTrack;
    sources.set(job, source);
  } while (performance.now() < turnEndMs);
  return null;
}

function sourceOf(job: number): Source {
  const source = sources.get(job);
  if (source === undefined) throw new Error("the audio is not open");
  return source;
}

/** Reads a block of samples. If the best track was readable but a later track is not, the later track counts as silent. */
function read(source: Source, block: Float32Array): void {
  const { decoder, chunker } = source;
  try {
    const n = decoder.read(block);
    if (n === null) return;
    chunker.audioFrom = decoder.lateSamples;
    const startMs = performance.now();
    if (n > 0) chunker.push(block.subarray(0, n));
    else chunker.finish();
    vadMs += performance.now() - startMs;
    source.atEnd = n === 0;
  } catch (error) {
    if (source.silent === null || source.hasSpeech || isCancelled(source)) throw error;
    source.atEnd = true;
  }
}

/**
 * Opens the track with the next rank, because this track contains no speech. Returns null if the request excludes other
 * tracks, or if no decodable track is left.
 */
function openNextTrack(source: Source): Source | null {
  const { request, rank, decoder } = source;
  if (!triesOtherTracks(request) || decoder.track.left === 0) return null;
  try {
    return openTrack(request, rank + 1, source.silent ?? endOf(source));
  } catch (error) {
    if (isCancelled(source)) throw error;
    return null;
  }
}

function endOf({ decoder, chunker }: Source): End {
  const { number, tracks } = decoder.track;
  return { durationS: chunker.durationS, track: tracks > 1 ? number : null };
}

function isCancelled({ request }: Source): boolean {
  return request.cancel[0] !== 0;
}

function close(job: number): void {
  const source = sources.get(job);
  if (source !== undefined) dispose(source);
  sources.delete(job);
}

function dispose({ decoder, voice }: Source): void {
  decoder[Symbol.dispose]();
  voice?.[Symbol.dispose]();
}
