/** The audio thread: decodes files and cuts them into chunks, one chunk at a time, jobs in turn. */
import { AudioDecoder, AudioLibrary, type AudioLimits } from "./audio-library.ts";
import { type AudioChunk, Chunker } from "./chunker.ts";
import { toFailure } from "./failure.ts";
import type { Failure } from "./protocol.ts";

export type ToAudio =
  | { readonly type: "library"; readonly path: string }
  | {
      readonly type: "open";
      readonly job: number;
      readonly path: string;
      readonly limits: AudioLimits;
      readonly chunkMaxS: number;
      readonly cancel: Int32Array;
    }
  | { readonly type: "next"; readonly job: number }
  | { readonly type: "close"; readonly job: number };

export type FromAudio = { readonly job: number } & (
  | { readonly type: "opened"; readonly durationS: number | null }
  | { readonly type: "chunk"; readonly chunk: AudioChunk }
  | { readonly type: "end"; readonly durationS: number }
  | { readonly type: "failed"; readonly failure: Failure }
);

declare const self: Worker;

interface Source {
  readonly decoder: AudioDecoder;
  readonly chunker: Chunker;
}

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
  let answer: FromAudio;
  try {
    answer = data.type === "open" ? open(data) : next(data.job);
  } catch (error) {
    answer = { type: "failed", job: data.job, failure: toFailure(error) };
  }
  self.postMessage(answer);
};

// --- internal ---

function open({
  job,
  path,
  limits,
  chunkMaxS,
  cancel,
}: Extract<ToAudio, { type: "open" }>): FromAudio {
  if (library === null) throw new Error("the audio library is not open");
  const decoder = new AudioDecoder(library, path, limits, cancel);
  sources.set(job, { decoder, chunker: new Chunker(limits.sampleRate, chunkMaxS) });
  return { type: "opened", job, durationS: decoder.durationS };
}

function next(job: number): FromAudio {
  const source = sources.get(job);
  if (source === undefined) throw new Error("the audio is not open");
  const { decoder, chunker } = source;
  let atEnd = false;
  while (chunker.room.length > 0 && !atEnd) {
    const n = decoder.read(chunker.room);
    chunker.advance(n);
    atEnd = n === 0;
  }
  const chunk = chunker.take(atEnd);
  if (chunk === null) return { type: "end", job, durationS: chunker.durationS };
  return { type: "chunk", job, chunk };
}

function close(job: number): void {
  sources.get(job)?.decoder[Symbol.dispose]();
  sources.delete(job);
}
