/** Transcribes an embedded recording, as jobs of clients would be, to measure how fast a model is. */
import { plainOptions, type TranscribeOptions } from "../../ipc/options.ts";
import { loadSamples } from "../../platform/samples.ts";
import type { AudioFile } from "../audio/audio-thread.ts";
import type { AudioChunk } from "../audio/chunker.ts";
import { Cancellation } from "../cancellation.ts";
import type { Recognizer } from "../recognizer.ts";
import { type Engine, runTranscription } from "../transcription.ts";

/** Returns the sample with the most text as one chunk, which is about 5 s long. */
export async function sampleChunk(): Promise<AudioChunk> {
  const samples = await loadSamples();
  const [most] = samples.toSorted((a, b) => b.text.length - a.text.length);
  if (most === undefined) throw new Error("expected a sample in the executable");
  const { pcm, durationS } = most;
  const values = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
  const chunk = new Float32Array(new SharedArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) chunk[index] = value / 32_768;
  return { samples: chunk, startS: 0, durationS, speech: null, speechProbs: null };
}

/**
 * Runs this number of jobs at the same time, each with one chunk. Returns the length of their audio in seconds. Throws
 * an error when `signal` is aborted; the engine has then stopped.
 */
export async function runSampleJobs(
  engine: Engine,
  { chunk, jobs }: { readonly chunk: AudioChunk; readonly jobs: number },
  signal: AbortSignal,
): Promise<number> {
  const cancellation = new Cancellation();
  const cancel = (): void => cancellation.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel, { once: true });
  const options = optionsFor(engine.recognizer);
  const audio = { open: async () => fileOf(chunk), turns: engine.audio.turns };
  // The jobs of the server have positive numbers.
  const ids = Array.from({ length: jobs }, (_, index) => -1 - index);
  try {
    const ends = await Promise.allSettled(
      ids.map((id) =>
        runTranscription({ ...quietJob, id, options, cancellation }, { ...engine, audio }),
      ),
    );
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return jobs * chunk.durationS;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

// --- internal ---

const ignore = (): void => {};

const quietJob = {
  audioPath: "",
  from: null,
  client: null,
  deadlineMs: null,
  onStart: ignore,
  onSegments: ignore,
  onProgress: ignore,
  onWork: ignore,
};

/** Returns options with which all runs do the same work: no detection of the language, and no second attempt. */
function optionsFor({ can }: Recognizer): TranscribeOptions {
  const language = can.languages.includes("en") ? "en" : null;
  return { ...plainOptions, language, temperatureFallback: false };
}

function fileOf(chunk: AudioChunk): AudioFile {
  const { durationS } = chunk;
  const chunks = [chunk];
  return {
    durationS,
    channels: 1,
    decodeS: 0,
    vadS: 0,
    next: async () => chunks.pop() ?? { endS: durationS, track: null },
    giveBack: ignore,
    [Symbol.dispose]: ignore,
  };
}
