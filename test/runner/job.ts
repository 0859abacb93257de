/**
 * Provides helpers for the unit tests of jobs: chunks of silence, lanes without threads, and the needs of a recognizer.
 */
import type { AudioChunk } from "../../src/runner/audio/chunker.ts";
import type { LaneClient } from "../../src/runner/engine/lane-client.ts";
import { LanePool } from "../../src/runner/engine/lanes.ts";
import { noTimes } from "../../src/runner/engine/engine-times.ts";
import { JobClock } from "../../src/runner/job-clock.ts";
import { LanesOfJob, type LanesOptions } from "../../src/runner/job-lanes.ts";
import type { Needs } from "../../src/runner/recognizer.ts";

export const needs: Needs = {
  sampleRate: 24000,
  chunkMaxS: 30,
  speechOnly: true,
  speechSpans: true,
  speechProbs: true,
};

export function chunkAt(startS: number, durationS: number): AudioChunk {
  const rate = 100;
  const samples = new Float32Array(new SharedArrayBuffer(4 * Math.round(durationS * rate)));
  return { samples, startS, durationS, speech: null, speechProbs: null };
}

/**
 * Returns one lane for each element of `calls`. Each lane has only the functions of its element and reports times of 0,
 * so a call of another function fails.
 */
export function lanesOf(...calls: readonly Partial<LaneClient>[]): LaneClient[] {
  return calls.map((call) => ({ takeTimes: () => noTimes, ...call }) as LaneClient);
}

export function jobLanes(lanes: readonly LaneClient[], threadsPerLane = 1): LanesOfJob {
  const pool = new LanePool(lanes, threadsPerLane);
  return lanesOfJob({ pool, job: 1 });
}

export function lanesOfJob(options: Pick<LanesOptions, "pool" | "job"> & Partial<LanesOptions>) {
  const signal = new AbortController().signal;
  return new LanesOfJob({ signal, onUse: () => {}, clock: new JobClock(), ...options });
}

/**
 * A call of `pass` waits until the test opens the gate with the same name. So the test chooses the order in which calls
 * continue.
 */
export class Gates {
  readonly #open = new Map<string, PromiseWithResolvers<void>>();

  async pass(name: string): Promise<void> {
    await this.#gate(name).promise;
  }

  open(name: string): void {
    this.#gate(name).resolve();
  }

  fail(name: string, error: Error): void {
    this.#gate(name).reject(error);
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const gate = Promise.withResolvers<void>();
    gate.promise.catch(() => {});
    this.#open.set(name, gate);
    return gate;
  }
}
