/**
 * Moves the starts and ends of words out of silence. This is necessary because the alignment counts a pause as a part
 * of the word before or after the pause.
 */
import type { Word } from "../../transcript/transcript.ts";
import type { SpeechSpan } from "../audio/span.ts";
import type { TimedSegment } from "./words.ts";

/**
 * Minimum overlap in seconds of a word and a span of speech. A shorter overlap is ignored, because voice activity finds
 * speech in steps of 32 ms, so the overlap is not exact.
 */
const overlapMinS = 0.1;

/**
 * Moves the words of a segment out of silence. The new segment starts with its first word and ends with its last word.
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
 * If a pause is inside the word, the start is moved to the end of the pause, because the alignment starts each word at
 * the end of the previous word.
 *
 * A word that is completely inside a pause is not changed, because voice activity may have missed the word. `speech`
 * must be ordered and without overlaps.
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
