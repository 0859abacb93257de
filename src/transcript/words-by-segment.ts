/** Divides the words of a transcript among its segments. */
import type { Segment, Transcript, Word } from "./transcript.ts";

/**
 * Returns the words of each segment, in the order of the segments. Each word is in exactly one segment: the first
 * segment of its channel that ends after the middle of the word, or the last segment of its channel. Null if the
 * transcript has no words.
 */
export function wordsBySegment({ segments, words }: Transcript): Word[][] | null {
  if (words === null) return null;
  const divided = new Map<Segment, Word[]>(segments.map((segment) => [segment, []]));
  const spoken = Map.groupBy(words, ({ channel }) => channel);
  for (const [channel, ofChannel] of Map.groupBy(segments, (segment) => segment.channel)) {
    let index = 0;
    for (const word of spoken.get(channel) ?? []) {
      const middleS = (word.startS + word.endS) / 2;
      while (index < ofChannel.length - 1 && ofChannel[index]!.endS <= middleS) index++;
      divided.get(ofChannel[index]!)?.push(word);
    }
  }
  return [...divided.values()];
}
