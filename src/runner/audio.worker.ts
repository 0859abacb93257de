/** The audio thread: decodes files and cuts them into chunks, one chunk at a time, jobs in turn. */
import type { VadOptions } from "../vad.ts";
import { AudioDecoder, AudioLibrary, type AudioLimits, VoiceActivity } from "./audio-library.ts";
import { type AudioChunk, Chunker } from "./chunker.ts";
import { toFailure } from "./failure.ts";
import { PauseCutter } from "./pause-cutter.ts";
import type { Failure } from "./protocol.ts";
import { SpeechCutter } from "./speech-cutter.ts";
import { SpeechTrack } from "./speech-track.ts";

/** A job's file, and how it is to be cut. */
export interface AudioRequest {
  readonly job: number;
  readonly path: string;
  readonly limits: AudioLimits;
  readonly chunkMaxS: number;
  /** How to find the speech, which alone is kept; null: keep all. */
  readonly vad: VadOptions | null;
  /** Say where in a chunk somebody speaks, which takes voice activity. */
  readonly wordTimes: boolean;
  /** A word in shared memory that stops the decoder. */
  readonly cancel: Int32Array;
}

export type ToAudio =
  | { readonly type: "library"; readonly path: string }
  | ({ readonly type: "open" } & AudioRequest)
  | { readonly type: "next"; readonly job: number }
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
  readonly voice: VoiceActivity | null;
  readonly track: SpeechTrack | null;
  readonly chunker: Chunker;
  atEnd: boolean;
}

/** Decoded at a time: the cancel word is looked at between. */
const blockS = 1;

const sources = new Map<number, Source>();
let library: AudioLibrary | null = null;

self.onmessage = ({ data }: MessageEvent<ToAudio>) => {
  if (data.type === "library") {
    library = new AudioLibrary(data.path);
    return;
  }
  if (data.type === "close") {
    close(data.job);
    return;
  }
  const startMs = performance.now();
  let answer: FromAudio;
  try {
    answer = data.type === "open" ? open(data) : next(data.job);
  } catch (error) {
    answer = { type: "failed", job: data.job, failure: toFailure(error) };
  }
  self.postMessage({
    ...answer,
    busyS: (performance.now() - startMs) / 1000,
  } satisfies TimedAnswer);
};

// --- internal ---

function open({ job, path, limits, chunkMaxS, vad, wordTimes, cancel }: AudioRequest): FromAudio {
  if (library === null) throw new Error("the audio library is not open");
  const { sampleRate } = limits;
  const decoder = new AudioDecoder(library, path, limits, cancel);
  const voice = vad === null ? null : new VoiceActivity(library, vad);
  const cutter =
    vad === null || voice === null
      ? new PauseCutter(sampleRate, chunkMaxS)
      : new SpeechCutter(voice, vad, sampleRate, Math.min(chunkMaxS, vad.maxSpeechS ?? chunkMaxS));
  const track = vad !== null && wordTimes ? new SpeechTrack(library, vad) : null;
  const chunker = new Chunker(sampleRate, cutter, track);
  sources.set(job, { decoder, voice, track, chunker, atEnd: false });
  return { type: "opened", job, durationS: decoder.durationS };
}

function next(job: number): FromAudio {
  const source = sources.get(job);
  if (source === undefined) throw new Error("the audio is not open");
  const { decoder, chunker } = source;
  const block = new Float32Array(decoder.sampleRate * blockS);
  for (;;) {
    const chunk = chunker.take();
    if (chunk !== null) return { type: "chunk", job, chunk };
    if (source.atEnd) return { type: "end", job, durationS: chunker.durationS };
    const n = decoder.read(block);
    if (n > 0) chunker.push(block.subarray(0, n));
    else chunker.finish();
    source.atEnd = n === 0;
  }
}

function close(job: number): void {
  const source = sources.get(job);
  source?.decoder[Symbol.dispose]();
  source?.voice?.[Symbol.dispose]();
  source?.track?.[Symbol.dispose]();
  sources.delete(job);
}
