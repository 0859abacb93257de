/** Writes segments as in the JSON of OpenAI's program Whisper, which other servers of Whisper models also use. */
import { seconds, wireSegment } from "../../transcript/format.ts";
import type { Transcript, Word } from "../../transcript/transcript.ts";
import { wordsBySegment } from "../../transcript/words-by-segment.ts";

/** Returns the segments. If the transcript has words, each segment has its words. */
export function whisperJson(transcript: Transcript): object[] {
  const words = wordsBySegment(transcript);
  return transcript.segments.map((segment, index) => ({
    ...wireSegment(segment),
    ...(words === null ? {} : { words: words[index]?.map(wireWord) }),
  }));
}

// --- internal ---

function wireWord({ text, startS, endS }: Word): object {
  return { word: text, start: seconds(startS), end: seconds(endS) };
}
