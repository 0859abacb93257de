/** What a measure gets: the two sides, the clips, and how much time it may take. */
import type { Clip, Clips } from "./clips.ts";
import { ours, type OurOptions } from "./ours.ts";
import { peer, type PeerVariant } from "./peer.ts";
import type { Pair, Side } from "./side.ts";

export interface Contest {
  readonly clips: Clips;
  readonly extent: Extent;
  /** The peer's best way of short clips, by beams, and of long files. */
  readonly best: BestVariants;
}

export interface BestVariants {
  readonly short: ReadonlyMap<number, PeerVariant>;
  readonly long: ReadonlyMap<number, PeerVariant>;
}

/** How much is measured: everything for a table, or a little for a look. */
export interface Extent {
  readonly beams: readonly number[];
  readonly qualifyingRounds: number;
  readonly startRounds: number;
  readonly latencyRounds: number;
  /** Numbers of clients of the throughput, and how many requests they share. */
  readonly clientCounts: readonly number[];
  readonly requests: number;
  readonly throughputRounds: number;
  /** 0: the long file is left out, and so is the peer's choice for it. */
  readonly longRounds: number;
  readonly wordErrors: boolean;
  readonly getRounds: number;
  readonly getRequests: number;
  /** Numbers of clients at work while a GET is timed. */
  readonly getClientCounts: readonly number[];
  readonly cancelRounds: number;
}

/** On two slow cores about half an hour. */
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

/** A few minutes. */
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

/** The beams of what is measured once. */
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

/** As many requests as asked, over the short English clips in turn. */
export function englishRequests(clips: Clips, count: number): Clip[] {
  const english = clips.spoken.filter(({ language }) => language === "en");
  return Array.from({ length: count }, (_, i) => english[i % english.length] ?? clips.medium);
}

// --- internal ---

function variantOf(variants: ReadonlyMap<number, PeerVariant>, beam: number): PeerVariant {
  const variant = variants.get(beam);
  if (variant === undefined) throw new Error(`no way of the peer was chosen for ${beam} beams`);
  return variant;
}
