/** How many lanes a model's process has memory for: each holds the activations and caches of 30 s of speech. */

/**
 * Measured at their peak, rounded up: one, two and four lanes of base and tiny.en, of both engines, in eight and
 * sixteen bits, with 5 beams and word times. What a lane takes grows with the model's dimensions, which its bytes stand for.
 */
const processBytes = 200e6;
const laneBytes = 140e6;
const laneBytesPerModelByte = 1;

/** At least one: the memory limit of the process applies when it runs. */
export function lanesThatFit(fileBytes: number, bytesMax: number): number {
  const spareBytes = bytesMax - processBytes - fileBytes;
  return Math.max(1, Math.floor(spareBytes / (laneBytes + laneBytesPerModelByte * fileBytes)));
}
