/** Moves the start and the end of words out of silence. The alignment includes a pause in the word before or after it. */
import type { Word } from "../../transcript/transcript.ts";
import type { SpeechSpan } from "../audio/span.ts";
import type { TimedSegment } from "./words.ts";

/** Minimum overlap of a word and a span of speech. Speech is found in steps of 32 ms, so the overlap is not exact. */
const overlapMinS = 0.1;

/** Moves the words of a segment. The segment starts and ends with its words. */
export function snapSegment(segment: TimedSegment, speech: readonly SpeechSpan[]): TimedSegment {
  const words = segment.words.map((word) => snapToSpeech(word, speech));
  const startS = words[0]?.startS ?? segment.startS;
  const endS = words.at(-1)?.endS ?? segment.endS;
  return { ...segment, startS, endS, words };
}

/**
 * A word that starts in a pause is moved to the start of the speech after the pause. A word that ends in a pause ends
 * with the speech before it.
 *
 * If a word contains a pause, the word was spoken after the pause, because the alignment starts each word at the end of
 * the previous word.
 *
 * A word that is completely in a pause stays: it may be speech that voice activity missed. `speech` is ordered and
 * disjoint.
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
