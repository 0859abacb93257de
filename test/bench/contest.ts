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
  readonly qualifyLong: boolean;
  readonly startRounds: number;
  readonly latencyRounds: number;
  readonly throughputRounds: number;
  readonly throughputRequests: number;
  readonly longRounds: number;
  readonly getRequests: number;
  readonly getClients: readonly number[];
  readonly cancelRounds: number;
  /** Of the clips whose error rate is taken. */
  readonly languages: "en" | "all";
}

export const fullExtent: Extent = {
  beams: [5, 1],
  qualifyingRounds: 3,
  qualifyLong: true,
  startRounds: 7,
  latencyRounds: 11,
  throughputRounds: 3,
  throughputRequests: 28,
  longRounds: 2,
  getRequests: 300,
  getClients: [4, 16],
  cancelRounds: 7,
  languages: "all",
};

export const quickExtent: Extent = {
  beams: [5],
  qualifyingRounds: 1,
  qualifyLong: false,
  startRounds: 3,
  latencyRounds: 3,
  throughputRounds: 1,
  throughputRequests: 8,
  longRounds: 0,
  getRequests: 60,
  getClients: [4],
  cancelRounds: 2,
  languages: "en",
};

/** The beams that a request gets when nobody chose. */
export const defaultBeam = 5;

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
