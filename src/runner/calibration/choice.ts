/** Chooses the number of lanes of a model from the measured rates. */
import type { LaneRate } from "../../ipc/calibration.ts";

/** Fraction of the best rate that is good enough. Two measurements of the same number differ by less than the rest. */
const goodEnough = 0.95;

/**
 * Returns the smallest number of lanes whose rate is almost the best one, because fewer lanes need less memory, and fewer
 * chunks at the same time are complete earlier. `lanes` is the number of all lanes.
 *
 * If the largest measured number is the best one, returns `lanes`: numbers that were not measured may be better still.
 */
export function chooseLanes(rates: readonly LaneRate[], lanes: number): number {
  if (rates.length === 0) return lanes;
  const best = Math.max(...rates.map(({ audioSPerS }) => audioSPerS));
  const good = rates.filter(({ audioSPerS }) => audioSPerS >= goodEnough * best);
  const fewest = Math.min(...good.map((rate) => rate.lanes));
  const most = Math.max(...rates.map((rate) => rate.lanes));
  return fewest === most ? lanes : fewest;
}
