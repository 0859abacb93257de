/** Defines the result of a transcription. Times are seconds from the start of the file. */

/** What a job does with speech: write it in its own language, or in English. */
export type Task = "transcribe" | "translate";

export interface Transcript {
  readonly task: Task;
  /** Whole text of the transcript, without spaces at its start and end. */
  readonly text: string;
  /**
   * Code of the spoken language: ISO 639-1, or ISO 639-3 if the language has no ISO 639-1 code. Null if there was no
   * speech, or if the model has several languages and does not detect the language.
   */
  readonly language: string | null;
  /** Length of the audio in seconds. */
  readonly durationS: number;
  /** Number of the transcribed audio track, from 1. Absent if the file has only one track. */
  readonly audioTrack?: number;
  readonly segments: readonly Segment[];
  /** Amount of input that the model processed. Undefined if the model does not provide it. */
  readonly input?: ModelInput;
  /** Timed words; null if the request did not ask for word times. */
  readonly words: readonly Word[] | null;
}

/** The amount of input that a model processed. */
export interface ModelInput {
  /** Number of frames that the encoder processed. */
  readonly audioFrames: number;
  /**
   * Number of tokens of the prompt and the keywords. The model reads them before each chunk, but they count only once.
   */
  readonly promptTokens: number;
}

/**
 * A part of the text with its start and end time. Some models divide the text into segments themselves. For other
 * models, the runner divides it.
 */
export interface Segment {
  /** Number of the segment. Segments are numbered from 0, in order of time. */
  readonly id: number;
  readonly startS: number;
  readonly endS: number;
  /** The decoded text. A space at its start is not removed. */
  readonly text: string;
  /** Ids of the model's tokens. The list is empty if the model returns only a text. */
  readonly tokens: readonly number[];
  readonly temperature: number;
  /** Mean log-probability of the tokens; absent if the model computes no probabilities. */
  readonly avgLogprob?: number;
  readonly compressionRatio: number;
  /**
   * Probability that the audio contains no speech. If the model does not compute it, the runner computes it from the
   * voice activity. Undefined if the voice activity is not known either.
   */
  readonly noSpeechProb?: number;
  /**
   * Start, in seconds, of the piece of audio that the segment was decoded from. OpenAI's `seek` is this time in units
   * of 10 ms.
   */
  readonly seekS: number;
  /** The tokens of the text; absent unless they were requested. */
  readonly logprobs?: readonly TokenLogprob[];
  /** Number of the channel, from 1; absent unless each channel was transcribed on its own. */
  readonly channel?: number;
}

/** A token of the text, and the natural logarithm of its probability. One character can consist of several tokens. */
export interface TokenLogprob {
  readonly bytes: readonly number[];
  readonly logprob: number;
}

export interface Word {
  readonly text: string;
  readonly startS: number;
  readonly endS: number;
  /** Number of the channel, from 1; absent unless each channel was transcribed on its own. */
  readonly channel?: number;
}
