/** Defines the conditions of each measurement: the two programs, the clips, and the number of repetitions. */
import type { Clip, Clips } from "./clips.ts";
import { ours, type OurOptions } from "./ours.ts";
import { peer, type PeerVariant } from "./peer.ts";
import type { Pair, Side } from "./side.ts";

export interface Contest {
  readonly clips: Clips;
  readonly extent: Extent;
  /** The fastest variants of the peer for each number of beams: one for short clips, and one for long files. */
  readonly best: BestVariants;
}

export interface BestVariants {
  readonly short: ReadonlyMap<number, PeerVariant>;
  readonly long: ReadonlyMap<number, PeerVariant>;
}

/** Extent of the benchmark: the conditions to measure, and the numbers of repetitions. */
export interface Extent {
  readonly beams: readonly number[];
  readonly qualifyingRounds: number;
  readonly startRounds: number;
  readonly latencyRounds: number;
  /** Numbers of clients for the throughput measurement. `requests` is the total number of requests of all clients. */
  readonly clientCounts: readonly number[];
  readonly requests: number;
  readonly throughputRounds: number;
  /**
   * Number of rounds with the long file. If it is 0, the benchmark does not measure the long file. It then selects no
   * variant of the peer for long files.
   */
  readonly longRounds: number;
  readonly wordErrors: boolean;
  readonly getRounds: number;
  readonly getRequests: number;
  /** Numbers of clients that transcribe while the benchmark measures GET requests. */
  readonly getClientCounts: readonly number[];
  readonly cancelRounds: number;
}

/** The full benchmark. It takes about half an hour on two slow cores. */
export const fullExtent: Extent = {
  beams: [5, 1],
  qualifyingRounds: 2,
  startRounds: 5,
  latencyRounds: 7,
  clientCounts: [1, 4, 16],
  requests: 16,
  throughputRounds: 1,
  longRounds: 1,
  wordErrors: true,
  getRounds: 1,
  getRequests: 300,
  getClientCounts: [4, 16],
  cancelRounds: 5,
};

/** The quick benchmark. It takes a few minutes. */
export const quickExtent: Extent = {
  beams: [5],
  qualifyingRounds: 2,
  startRounds: 3,
  latencyRounds: 3,
  clientCounts: [1, 4],
  requests: 6,
  throughputRounds: 1,
  longRounds: 0,
  wordErrors: false,
  getRounds: 1,
  getRequests: 60,
  getClientCounts: [4],
  cancelRounds: 2,
};

/** Some measurements run with only one number of beams. Returns this number. */
export function mainBeam({ extent }: Contest): number {
  return extent.beams[0] ?? 5;
}

export function shortSides(
  { best }: Contest,
  beam: number,
  options: Omit<OurOptions, "beam"> = {},
): Pair<Side> {
  return { ours: ours({ beam, ...options }), peer: peer(variantOf(best.short, beam), { beam }) };
}

export function longSides({ best }: Contest, beam: number): Pair<Side> {
  return { ours: ours({ beam }), peer: peer(variantOf(best.long, beam), { beam }) };
}

/** Returns `count` requests with the short English clips. If there are fewer clips than requests, the clips repeat. */
export function englishRequests(clips: Clips, count: number): Clip[] {
  const english = clips.spoken.filter(({ language }) => language === "en");
  return Array.from({ length: count }, (_, i) => english[i % english.length] ?? clips.medium);
}

// --- internal ---

function variantOf(variants: ReadonlyMap<number, PeerVariant>, beam: number): PeerVariant {
  const variant = variants.get(beam);
  if (variant === undefined) throw new Error(`no variant of the peer was chosen for ${beam} beams`);
  return variant;
}
