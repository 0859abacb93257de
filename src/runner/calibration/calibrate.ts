/**
 * Measures with how many lanes a loaded model is fastest, and limits the lanes to this number. The number of lanes is the
 * number of chunks that are computed at the same time.
 */
import type { CalibrationResult } from "../../ipc/calibration.ts";
import { physicalCores } from "../../platform/physical-cores.ts";
import { lanesForShortJobs } from "../engine/short-jobs.ts";
import type { Engine } from "../transcription.ts";
import { laneCandidates } from "./candidates.ts";
import { chooseLanes } from "./choice.ts";
import { measureRates } from "./measure-rates.ts";
import { runSampleJobs, sampleChunk } from "./sample-jobs.ts";

/**
 * Maximum time for the measurement, in milliseconds. A fast model needs much less, because the number of runs is limited.
 * A job stops the measurement at any time.
 */
const msMax = 60_000;

/**
 * Returns null if there is nothing to choose. Throws when `signal` is aborted. At that moment, all lanes get work again,
 * so a job that arrives does not wait.
 */
export async function calibrate(
  engine: Engine,
  signal: AbortSignal,
): Promise<CalibrationResult | null> {
  const { recognizer, lanes: pool } = engine;
  const { sampleRate, chunkMaxS } = recognizer.needs;
  const all = pool.laneCount;
  const cores = physicalCores();
  const candidates = laneCandidates(all, cores);
  // The jobs of a streaming model share its lanes in another way: each job has one lane until it ends.
  if (candidates.length < 2 || chunkMaxS === null || sampleRate !== 16_000) return null;
  const chunk = await sampleChunk();
  const limitTo = (lanes: number): void => pool.limitTo(lanes, lanesForShortJobs(lanes));
  const useAll = (): void => limitTo(all);
  signal.addEventListener("abort", useAll, { once: true });
  try {
    const rates = await measureRates({
      candidates,
      cores,
      msMax,
      signal,
      run: (jobs, stop) => {
        stop.throwIfAborted();
        limitTo(jobs);
        return runSampleJobs(engine, { chunk, jobs }, stop);
      },
    });
    signal.throwIfAborted();
    const lanes = chooseLanes(rates, all);
    limitTo(lanes);
    return { lanes, rates: [...rates] };
  } catch (error) {
    useAll();
    throw error;
  } finally {
    signal.removeEventListener("abort", useAll);
  }
}
