/** Measures how fast a model transcribes with different numbers of chunks at the same time, within a limit of time. */
import type { LaneRate } from "../../ipc/calibration.ts";

/** Maximum number of runs of each candidate. The best one counts. */
const runsMax = 3;

export interface MeasureOptions {
  /** Numbers of chunks to measure, the largest first. */
  readonly candidates: readonly number[];
  /** Number of chunks that the CPU computes as fast as one chunk on one core. */
  readonly cores: number;
  /** Maximum time for all measurements, in milliseconds. */
  readonly msMax: number;
  /**
   * Transcribes this number of chunks at the same time, and returns the length of their audio in seconds. Rejects when
   * `signal` is aborted.
   */
  readonly run: (chunks: number, signal: AbortSignal) => Promise<number>;
  /** Signal that is aborted when the measurement must stop. */
  readonly signal: AbortSignal;
  readonly now?: () => number;
}

/**
 * Returns the rates of the candidates. Each one is measured several times if its share of the time allows it, and its best
 * result counts, because other work on the machine only makes results worse.
 *
 * If the time is not enough for one run of each candidate, returns no rates at once, because one rate says nothing. Returns
 * fewer rates if the model becomes slower during the measurement.
 */
export async function measureRates({
  candidates,
  cores,
  msMax,
  run,
  signal,
  now = () => performance.now(),
}: MeasureOptions): Promise<readonly LaneRate[]> {
  const endMs = now() + msMax;
  const timeLimit = AbortSignal.timeout(msMax);
  const stop = AbortSignal.any([signal, timeLimit]);
  const best = new Map<number, number>();
  const measure = async (chunks: number) => {
    const startMs = now();
    const audioS = await run(chunks, stop);
    return { audioS, ms: now() - startMs };
  };
  try {
    // The first run is slower than later ones, because it reads the weights and the code from the disk.
    await measure(1);
    let chunkMs = (await measure(1)).ms / cores;
    const onceMs = chunkMs * candidates.reduce((sum, lanes) => sum + lanes, 0);
    if (now() + onceMs > endMs) return [];
    for (const [index, lanes] of candidates.entries()) {
      const shareEndMs = now() + (endMs - now()) / (candidates.length - index);
      for (let runs = 0; runs < runsMax; runs++) {
        if (runs > 0 && now() + lanes * chunkMs > shareEndMs) break;
        const { audioS, ms } = await measure(lanes);
        chunkMs = ms / lanes;
        best.set(lanes, Math.max(best.get(lanes) ?? 0, (1000 * audioS) / ms));
      }
    }
  } catch (error) {
    if (signal.aborted || !timeLimit.aborted) throw error;
  }
  return [...best].map(([lanes, audioSPerS]) => ({ lanes, audioSPerS }));
}
