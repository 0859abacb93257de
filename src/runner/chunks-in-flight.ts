/** How many chunks of one job a runner has in hand: any of them may be the one that the process dies of. */

/** Chunks that were cut and whose results were not sent: one in each lane, and one that waits for the next free lane. */
export function chunksInLineMax(lanes: number): number {
  return lanes + 1;
}

/** Those, and one more: the decoder reads ahead of the chunk that it cuts. */
export function chunksInFlightMax(lanes: number): number {
  return chunksInLineMax(lanes) + 1;
}
