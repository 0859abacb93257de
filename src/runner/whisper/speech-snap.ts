/**
 * Moves the starts and ends of words out of silence. This is necessary because the alignment counts a pause as a part
 * of the word before or after the pause.
 */
import type { Word } from "../../transcript/transcript.ts";
import type { SpeechSpan } from "../audio/span.ts";
import type { TimedSegment } from "./words.ts";

/**
 * Minimum overlap in seconds of a word and a span of speech. A shorter overlap is ignored, because it may be an error
 * of voice activity, which finds speech in steps of 32 ms.
 */
const overlapMinS = 0.1;

/**
 * Moves the words of a segment out of silence. Adapts the start and the end of the segment to its first and last word.
 */
export function snapSegment(segment: TimedSegment, speech: readonly SpeechSpan[]): TimedSegment {
  const words = segment.words.map((word) => snapToSpeech(word, speech));
  const startS = words[0]?.startS ?? segment.startS;
  const endS = words.at(-1)?.endS ?? segment.endS;
  return { ...segment, startS, endS, words };
}

/**
 * Moves the start and the end of a word out of silence. If the word starts in a pause, its start is moved to the start
 * of the speech after the pause. If the word ends in a pause, its end is moved to the end of the speech before the
 * pause.
 *
 * If a pause is inside the word, the start of the word is moved to the end of the pause. The alignment starts each word
 * at the end of the previous word, so the speech before the pause belongs to the previous word.
 *
 * A word that is completely inside a pause is not changed, because voice activity may have missed the word. The spans
 * of `speech` must be in order of time and must not overlap.
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
