/** Measures the time of single requests: of a short clip, and of long audio. */
import { type Sample } from "../../platform/samples.ts";
import { silence, wavOf } from "../../platform/wav.ts";
import type { BenchServer } from "./bench-server.ts";
import type { Limit } from "./budget.ts";
import { median } from "./median.ts";

export interface Latency {
  /** Length of the clip in seconds. */
  readonly clipS: number;
  readonly requests: number;
  readonly medianS: number;
  readonly worstS: number;
}

export interface LongAudio {
  /** Length in seconds, without the pauses. */
  readonly audioS: number;
  readonly requests: number;
  /** Median seconds of work per second of audio. */
  readonly realTimeFactor: number;
}

export async function measureLatency(server: Server, clip: Sample, limit: Limit): Promise<Latency> {
  const wav = new Blob([wavOf([clip])]);
  const times = await repeat(latencyRequests, limit, () => server.transcribe(wav, limit.signal));
  return {
    clipS: clip.durationS,
    requests: times.length,
    medianS: median(times),
    worstS: Math.max(...times),
  };
}

/**
 * Sends the samples one after another as one file, repeated until the file is long enough. A pause follows each round,
 * so that each chunk of audio contains one round. When a chunk contains a text several times, Whisper often repeats the
 * text endlessly, which takes several times as long.
 */
export async function measureLongAudio(
  server: Server,
  { samples, latency }: { samples: readonly Sample[]; latency: Latency | null },
  limit: Limit,
): Promise<LongAudio> {
  const onceS = samples.reduce((sum, { durationS }) => sum + durationS, 0);
  const speed = latency === null ? 1 : latency.clipS / latency.medianS;
  const fitting = longLengths.filter((lengthS) => lengthS / speed <= limit.shareS);
  const rounds = Math.ceil((fitting.at(-1) ?? longLengths[0]) / onceS);
  const round = [...samples, silence(pauseS)];
  const wav = new Blob([wavOf(Array.from({ length: rounds }, () => round).flat())]);
  const times = await repeat(longRequests, limit, () => server.transcribe(wav, limit.signal));
  const audioS = rounds * onceS;
  return { audioS, requests: times.length, realTimeFactor: median(times) / audioS };
}

// --- internal ---

type Server = Pick<BenchServer, "transcribe">;

/** Bounds on the number of requests. */
const latencyRequests = { min: 3, max: 50 } as const;
const longRequests = { min: 1, max: 3 } as const;

/** Lengths of the long audio in seconds. The benchmark uses the longest one for which there is time. */
const longLengths = [30, 60, 120, 240] as const;

/** Length of a pause in seconds. At most 3 s of silence are inside a chunk of audio. */
const pauseS = 4;

/** Repeats a request until the time is used up. Returns the time of each request in seconds. */
async function repeat(
  { min, max }: { readonly min: number; readonly max: number },
  limit: Limit,
  request: () => Promise<unknown>,
): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < min || (times.length < max && !limit.isOver())) {
    const startMs = performance.now();
    await request();
    times.push((performance.now() - startMs) / 1000);
  }
  return times;
}
