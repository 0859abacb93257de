/** Chooses the numbers of lanes that a calibration compares. */

/**
 * Returns all lanes, half of them, a quarter, and so on, until each core has at most one lane. With fewer lanes than
 * that, cores would be idle.
 */
export function laneCandidates(lanes: number, cores: number): readonly number[] {
  const candidates = [lanes];
  for (let fewer = lanes; fewer > cores;) {
    fewer = Math.floor(fewer / 2);
    candidates.push(fewer);
  }
  return candidates;
}
