/** Groups timed words into segments. A segment ends at the end of a sentence or at a pause. */
import type { Segment, TokenLogprob, Word } from "../../transcript/transcript.ts";
import type { TimedWord, Vocabulary } from "./words.ts";

const endsSentence = /[.!?…。！？]["'”’»)\]}]*$/u;
/** Maximum length in seconds of a pause inside a segment. A longer pause ends the segment, even inside a sentence. */
const pauseMaxS = 1;
/**
 * Maximum length of a segment in seconds. Without this limit, speech without punctuation and pauses would be one
 * segment.
 */
const segmentMaxS = 30;

/** Collects words as they arrive and returns the sentences that are complete. */
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

  /**
   * Removes and returns the unfinished sentence; an empty list if there is none. The caller calls it at the end of the
   * audio.
   */
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

/**
 * Converts sentences to the segments and words of a transcript. `offsetS` is added to the word times to get times in
 * the file. If there is a `vocabulary`, the segments contain the log-probabilities of their tokens.
 */
export function toTranscript(
  sentences: readonly (readonly TimedWord[])[],
  offsetS: number,
  vocabulary: Vocabulary | null = null,
) {
  return {
    segments: sentences.map((words) => ({
      ...toSegment(words, offsetS),
      ...(vocabulary === null || !areKnown(words)
        ? {}
        : { logprobs: tokenLogprobs(words, vocabulary) }),
    })),
    words: sentences.flat().map(({ text, startS, endS }): Word => ({
      text: text.trim(),
      startS: offsetS + startS,
      endS: offsetS + endS,
    })),
  };
}

// --- internal ---

function tokenLogprobs(words: readonly TimedWord[], vocabulary: Vocabulary): TokenLogprob[] {
  return words.flatMap(({ tokens, logprobs }) =>
    tokens.map((id, at) => ({
      bytes: [...vocabulary.tokenBytes(id)],
      logprob: logprobs[at] ?? 0,
    })),
  );
}

/** Returns whether the model computes the probabilities of its tokens. */
function areKnown(words: readonly TimedWord[]): boolean {
  return !words.some(({ logprobs }) => logprobs.some((logprob) => Number.isNaN(logprob)));
}

/**
 * Converts a sentence to a segment. Temperature, compression ratio and no-speech probability are absent, because models
 * that return timed tokens do not provide them.
 */
function toSegment(words: readonly TimedWord[], offsetS: number): Omit<Segment, "id"> {
  const logprobs = words.flatMap((word) => word.logprobs);
  const avgLogprob = logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
  return {
    startS: offsetS + (words[0]?.startS ?? 0),
    endS: offsetS + (words.at(-1)?.endS ?? 0),
    text: words.map(({ text }) => text).join(""),
    tokens: words.flatMap(({ tokens }) => tokens),
    ...(areKnown(words) ? { avgLogprob } : {}),
  };
}
