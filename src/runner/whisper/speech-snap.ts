/** Moves the borders of words out of silence: the alignment gives a pause to the word beside it. */
import type { Word } from "../../transcript/transcript.ts";
import type { SpeechSpan } from "../audio/span.ts";
import type { TimedSegment } from "./words.ts";

/** A word shares at least this much with the speech it is in: speech is found in steps of 32 ms, never to the sample. */
const overlapMinS = 0.1;

/** Snaps the words of a segment; it begins and ends with them. */
export function snapSegment(segment: TimedSegment, speech: readonly SpeechSpan[]): TimedSegment {
  const words = segment.words.map((word) => snapToSpeech(word, speech));
  const startS = words[0]?.startS ?? segment.startS;
  const endS = words.at(-1)?.endS ?? segment.endS;
  return { ...segment, startS, endS, words };
}

/**
 * A word that begins in a pause begins where the speech behind the pause does; one that ends in a pause ends where the
 * speech before it did. One with a pause inside was said behind it: the alignment lets a word begin where the last one ends.
 * A word that lies in a pause as a whole stays: it may be speech that was not found. `speech` is ordered and disjoint.
 */
export function snapToSpeech(word: Word, speech: readonly SpeechSpan[]): Word {
  const spoken = speech
    .map(({ startS, endS }) => ({
      startS: Math.max(startS, word.startS),
      endS: Math.min(endS, word.endS),
    }))
    .filter(({ startS, endS }) => endS - startS >= overlapMinS);
  return { ...word, ...spoken.at(-1) };
}
