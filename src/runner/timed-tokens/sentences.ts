/** Groups timed words into segments. A segment ends at the end of a sentence or at a pause. */
import { compressionRatio } from "../../transcript/compression-ratio.ts";
import type { Segment, TokenLogprob, Word } from "../../transcript/transcript.ts";
import type { SpeechRecord } from "../audio/speech-record.ts";
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

/** The chunk or stream that the sentences were decoded from. */
export interface DecodedAudio {
  /**
   * Start of the chunk or stream, in seconds from the start of the file. The times of the words count from this start.
   */
  readonly startS: number;
  readonly temperature: number;
  /** Probabilities of speech of the audio. The record is empty if the job has no voice activity. */
  readonly speech: SpeechRecord;
  /** If it is not null, the segments contain the log-probabilities of their tokens. */
  readonly vocabulary: Vocabulary | null;
}

/**
 * Converts sentences to the segments and words of a transcript. The times of the result count from the start of the
 * file.
 */
export function toTranscript(
  sentences: readonly (readonly TimedWord[])[],
  audio: DecodedAudio,
): { segments: Omit<Segment, "id">[]; words: Word[] } {
  return {
    segments: sentences.map((words) => toSegment(words, audio)),
    words: sentences.flat().map(({ text, startS, endS }) => ({
      text: text.trim(),
      startS: audio.startS + startS,
      endS: audio.startS + endS,
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
 * Converts a sentence to a segment. A segment contains facts that only Whisper models return. For models that return
 * timed tokens, these facts are computed from the tokens, the text and the voice activity.
 */
function toSegment(words: readonly TimedWord[], audio: DecodedAudio): Omit<Segment, "id"> {
  const { temperature, speech, vocabulary } = audio;
  const startS = audio.startS + (words[0]?.startS ?? 0);
  const endS = audio.startS + (words.at(-1)?.endS ?? 0);
  const text = words.map((word) => word.text).join("");
  const logprobs = words.flatMap((word) => word.logprobs);
  const avgLogprob = logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
  const speechProb = speech.mean(startS, endS);
  return {
    startS,
    endS,
    text,
    tokens: words.flatMap(({ tokens }) => tokens),
    temperature,
    ...(areKnown(words) ? { avgLogprob } : {}),
    compressionRatio: compressionRatio(text.trim()),
    ...(speechProb === null ? {} : { noSpeechProb: 1 - speechProb }),
    seekS: audio.startS,
    ...(vocabulary === null || !areKnown(words)
      ? {}
      : { logprobs: tokenLogprobs(words, vocabulary) }),
  };
}
