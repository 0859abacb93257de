/** Tries every way to build and run the peer, and keeps the fastest: for short clips and for long files. */
import type { Clip, Clips } from "./clips.ts";
import type { BestVariants, Extent } from "./contest.ts";
import { peer, peerVariants, type PeerVariant } from "./peer.ts";
import { median } from "./statistics.ts";

export async function qualifyPeer(clips: Clips, extent: Extent): Promise<BestVariants> {
  const variants = await peerVariants();
  const short = new Map<number, PeerVariant>();
  const long = new Map<number, PeerVariant>();
  const whole = variants.filter(({ splits }) => !splits);
  for (const beam of extent.beams) {
    const ofShort = await fastest(whole, beam, clips.medium, extent.qualifyingRounds);
    short.set(beam, ofShort);
    long.set(beam, extent.qualifyLong ? await fastest(variants, beam, clips.long, 1) : ofShort);
  }
  return { short, long };
}

// --- internal ---

async function fastest(
  variants: readonly PeerVariant[],
  beam: number,
  clip: Clip,
  rounds: number,
): Promise<PeerVariant> {
  const timed = variants.map((variant) => ({ variant, seconds: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { variant, seconds } of timed) seconds.push(await timeOf(variant, beam, clip));
  }
  console.error(`- whisper-server, beam ${beam}, ${clip.name}`);
  const ranked = timed.toSorted((a, b) => median(a.seconds) - median(b.seconds));
  for (const { variant, seconds } of ranked) {
    console.error(`  ${median(seconds).toFixed(2)} s  ${variant.name}`);
  }
  const best = ranked[0];
  if (best === undefined) throw new Error("there is no way to run the peer");
  return best.variant;
}

/** Of a clip that comes second: the first one after a start pays for warming up. */
async function timeOf(variant: PeerVariant, beam: number, clip: Clip): Promise<number> {
  await using server = await peer(variant, { beam }).start();
  if (clip.durationS < 30) await server.transcribe(clip);
  const start = performance.now();
  await server.transcribe(clip);
  return (performance.now() - start) / 1000;
}
