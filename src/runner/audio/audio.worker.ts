/** The audio thread: decodes files and cuts them into chunks, one chunk at a time, jobs in turns. */
import type { VadOptions } from "../../ipc/vad.ts";
import { AudioDecoder, AudioLibrary, type AudioOptions } from "./audio-library.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";
import { type AudioChunk, Chunker, type Cutter } from "./chunker.ts";
import { toFailure } from "../../ipc/failure.ts";
import { FeedCutter, type SpeechSource } from "./feed-cutter.ts";
import { PauseCutter } from "./pause-cutter.ts";
import type { Failure } from "../../ipc/protocol.ts";
import { SpeechCutter } from "./speech-cutter.ts";
import { SpeechTrack } from "./speech-track.ts";
import { openVoice, type Voice } from "./voice.ts";

/** A job's file, and how it is to be cut. */
export interface AudioRequest {
  readonly job: number;
  readonly path: string;
  readonly options: AudioOptions;
  /** Null: short feeds, one directly after the other, for a model that hears a stream. */
  readonly chunkMaxS: number | null;
  /** How to find the speech, which alone is kept; null: keep all. */
  readonly vad: VadOptions | null;
  /** Say where in a chunk somebody speaks, which takes voice activity. */
  readonly speechSpans: boolean;
  /** A word in shared memory that stops the decoder. */
  readonly cancel: Int32Array;
}

export type ToAudio =
  | { readonly type: "library"; readonly path: string }
  | ({ readonly type: "open" } & AudioRequest)
  | { readonly type: "next"; readonly job: number }
  /** A chunk is done with. */
  | { readonly type: "give-back"; readonly samples: AudioChunk["samples"] }
  | { readonly type: "close"; readonly job: number };

export type FromAudio = { readonly job: number } & (
  | { readonly type: "opened"; readonly durationS: number | null }
  | { readonly type: "chunk"; readonly chunk: AudioChunk }
  | { readonly type: "end"; readonly durationS: number }
  | { readonly type: "failed"; readonly failure: Failure }
);

/** With the time that this thread took for it. */
export type TimedAnswer = FromAudio & { readonly busyS: number };

declare const self: Worker;

interface Source {
  readonly decoder: AudioDecoder;
  readonly voice: Voice | null;
  readonly track: SpeechTrack | null;
  readonly chunker: Chunker;
  atEnd: boolean;
}

/** Decoded at a time. */
const blockS = 1;
/** How long a job is worked on before others have their turn: hours of silence hold no chunk. */
const turnMs = 50;

const sources = new Map<number, Source>();
const buffers = new ChunkBuffers();
let library: AudioLibrary | null = null;

self.onmessage = ({ data }: MessageEvent<ToAudio>) => {
  if (data.type === "library") {
    library = new AudioLibrary(data.path);
    return;
  }
  if (data.type === "give-back") buffers.giveBack(data.samples);
  else if (data.type === "close") close(data.job);
  else answer(data, 0);
};

// --- internal ---

type Question = Extract<ToAudio, { type: "open" | "next" }>;

/** Works on the answer, turn by turn. */
function answer(question: Question, workedMs: number): void {
  const startMs = performance.now();
  const found = find(question, startMs + turnMs);
  const busyMs = workedMs + performance.now() - startMs;
  if (found === null) setTimeout(() => answer(question, busyMs), 0);
  else self.postMessage({ ...found, busyS: busyMs / 1000 } satisfies TimedAnswer);
}

/** Null when the turn is over before the answer is found. */
function find(question: Question, turnEndMs: number): FromAudio | null {
  try {
    return question.type === "open" ? open(question) : next(question.job, turnEndMs);
  } catch (error) {
    return { type: "failed", job: question.job, failure: toFailure(error) };
  }
}

function open({ job, path, options, vad, cancel, ...how }: AudioRequest): FromAudio {
  if (library === null) throw new Error("the audio library is not open");
  const { sampleRate } = options;
  const decoder = new AudioDecoder(library, path, options, cancel);
  const voice = vad === null ? null : openVoice(library, vad, sampleRate);
  const speech = vad === null || voice === null ? null : { vad, voice };
  const cutter = cutterFor(sampleRate, how.chunkMaxS, speech);
  const track = vad !== null && how.speechSpans ? new SpeechTrack(library, vad, sampleRate) : null;
  const chunker = new Chunker(sampleRate, cutter, track, buffers);
  sources.set(job, { decoder, voice, track, chunker, atEnd: false });
  return { type: "opened", job, durationS: decoder.durationS };
}

function cutterFor(rate: number, chunkMaxS: number | null, speech: SpeechSource | null): Cutter {
  if (chunkMaxS === null) return new FeedCutter(rate, speech);
  if (speech === null) return new PauseCutter(rate, chunkMaxS);
  const { voice, vad } = speech;
  return new SpeechCutter(voice, vad, rate, Math.min(chunkMaxS, vad.maxSpeechS ?? chunkMaxS));
}

function next(job: number, turnEndMs: number): FromAudio | null {
  const source = sources.get(job);
  if (source === undefined) throw new Error("the audio is not open");
  const { decoder, chunker } = source;
  const block = new Float32Array(decoder.sampleRate * blockS);
  do {
    const chunk = chunker.take();
    if (chunk !== null) return { type: "chunk", job, chunk };
    if (source.atEnd) return { type: "end", job, durationS: chunker.durationS };
    const n = decoder.read(block);
    if (n === null) continue;
    if (n > 0) chunker.push(block.subarray(0, n));
    else chunker.finish();
    source.atEnd = n === 0;
  } while (performance.now() < turnEndMs);
  return null;
}

function close(job: number): void {
  const source = sources.get(job);
  source?.decoder[Symbol.dispose]();
  source?.voice?.[Symbol.dispose]();
  source?.track?.[Symbol.dispose]();
  sources.delete(job);
}
