/** Computes the statistics of the benchmark. */

export { median } from "../../src/cli/bench/median.ts";

/**
 * Returns a percentile by the nearest-rank method: the smallest value `v` for which at least `percent` percent of the
 * values are at most `v`.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
