/**
 * Measures every variant of the peer, and selects the fastest one for short clips and the fastest one for long files.
 */
import type { Clip, Clips } from "./clips.ts";
import type { BestVariants, Extent } from "./contest.ts";
import { peer, peerVariants, type PeerVariant } from "./peer.ts";

export async function qualifyPeer(clips: Clips, extent: Extent): Promise<BestVariants> {
  const variants = await peerVariants();
  const short = new Map<number, PeerVariant>();
  const long = new Map<number, PeerVariant>();
  const whole = variants.filter(({ splits }) => !splits);
  for (const beam of extent.beams) {
    const ofShort = await fastest(whole, beam, clips.short, extent.qualifyingRounds);
    short.set(beam, ofShort);
    long.set(
      beam,
      extent.longRounds > 0 ? await fastest(variants, beam, clips.minute, 1) : ofShort,
    );
  }
  return { short, long };
}

// --- internal ---

/**
 * Returns the fastest variant. Compares only the fastest round of each variant, because other work on the machine
 * affects this round least.
 */
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
  const ranked = timed.toSorted((a, b) => Math.min(...a.seconds) - Math.min(...b.seconds));
  for (const { variant, seconds } of ranked) {
    console.error(`  ${Math.min(...seconds).toFixed(2)} s  ${variant.name}`);
  }
  const best = ranked[0];
  if (best === undefined) throw new Error("the peer has no variant");
  return best.variant;
}

async function timeOf(variant: PeerVariant, beam: number, clip: Clip): Promise<number> {
  await using server = await peer(variant, { beam }).start();
  const start = performance.now();
  await server.transcribe(clip);
  return (performance.now() - start) / 1000;
}
