/** Measures how long single requests take: requests with a short clip, and requests with long audio. */
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
  /** Length of the audio in seconds, without the pauses that the benchmark inserts. */
  readonly audioS: number;
  readonly requests: number;
  /** Median number of seconds that the server needs for one second of audio. */
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
 * Measures requests with one long file. The file contains all samples one after another, several times, until it is
 * long enough. A pause follows each round of the samples, so that no chunk of audio contains a text twice. If a chunk
 * contained a text twice, Whisper would often repeat the text endlessly, and the request would take several times as
 * long.
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

/** Minimum and maximum number of requests of a measurement. */
const latencyRequests = { min: 3, max: 50 } as const;
const longRequests = { min: 1, max: 3 } as const;

/**
 * Possible lengths of the long audio in seconds. The benchmark uses the longest length for which one request probably
 * fits into the time of the measurement.
 */
const longLengths = [30, 60, 120, 240] as const;

/** Length of a pause in seconds. The server starts a new chunk of audio at a pause that is longer than 3 s. */
const pauseS = 4;

/**
 * Repeats a request until the time is used up, but at least `min` and at most `max` times. Returns the duration of each
 * request in seconds.
 */
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
