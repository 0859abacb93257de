/** From words with times to segments: a segment ends with a sentence, or at a pause. */
import type { Segment, Word } from "../../transcript/transcript.ts";
import type { TimedWord } from "./words.ts";

const endsSentence = /[.!?…。！？]["'”’»)\]}]*$/u;
/** A longer silence ends a segment inside a sentence, too. */
const pauseMaxS = 1;
/** Speech without punctuation and pauses is cut before this length. */
const segmentMaxS = 30;

/** Takes words as they come, and gives sentences when they are finished. */
export class SentenceSplitter {
  #open: TimedWord[] = [];

  push(words: readonly TimedWord[]): TimedWord[][] {
    const sentences: TimedWord[][] = [];
    for (const word of words) {
      if (this.#open.length > 0 && !this.#continues(word)) sentences.push(...this.flush());
      this.#open.push(word);
      if (endsSentence.test(word.text)) sentences.push(...this.flush());
    }
    return sentences;
  }

  /** Returns the unfinished sentence: no more words come. */
  flush(): TimedWord[][] {
    const sentence = this.#open;
    this.#open = [];
    return sentence.length === 0 ? [] : [sentence];
  }

  #continues(word: TimedWord): boolean {
    const pauseS = word.startS - this.#open.at(-1)!.endS;
    return pauseS <= pauseMaxS && word.endS - this.#open[0]!.startS <= segmentMaxS;
  }
}

/** Sentences as a transcript has them. `offsetS`: the file's time at which the clock of the words starts. */
export function toTranscript(sentences: readonly (readonly TimedWord[])[], offsetS: number) {
  return {
    segments: sentences.map((words) => toSegment(words, offsetS)),
    words: sentences.flat().map(({ text, startS, endS }): Word => ({
      text: text.trim(),
      startS: offsetS + startS,
      endS: offsetS + endS,
    })),
  };
}

// --- internal ---

/** These models have no temperature, compression ratio or probability of silence: the fields stay absent. */
function toSegment(words: readonly TimedWord[], offsetS: number): Omit<Segment, "id"> {
  const logprobs = words.flatMap((word) => word.logprobs);
  return {
    startS: offsetS + (words[0]?.startS ?? 0),
    endS: offsetS + (words.at(-1)?.endS ?? 0),
    text: words.map(({ text }) => text).join(""),
    tokens: words.flatMap(({ tokens }) => tokens),
    avgLogprob: logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length,
  };
}
