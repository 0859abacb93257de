/** Chooses the numbers of lanes that a calibration compares. */

/**
 * Returns all lanes, half of them, a quarter, and so on, but at least two lanes for each core. With one lane for each core,
 * long jobs would leave no lane to short ones.
 */
export function laneCandidates(lanes: number, cores: number): readonly number[] {
  const candidates = [lanes];
  for (let fewer = lanes / 2; fewer >= 2 * cores; fewer /= 2) candidates.push(Math.floor(fewer));
  return candidates;
}
