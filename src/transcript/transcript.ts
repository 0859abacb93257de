/** The result of a transcription. Times are seconds from the start of the file. */

/** What a job does with speech: write it in its own language, or in English. */
export type Task = "transcribe" | "translate";

export interface Transcript {
  readonly task: Task;
  /** The whole text, trimmed. */
  readonly text: string;
  /** ISO 639-1 code of the spoken language; null if there was no speech. */
  readonly language: string | null;
  /** Length of the audio. */
  readonly durationS: number;
  readonly segments: readonly Segment[];
  /** Frames of audio that the encoder of the model processed; absent if the model does not provide their number. */
  readonly audioFrames?: number;
  /** Null unless word times were requested. */
  readonly words: readonly Word[] | null;
}

/** Text with its start and end, as the model segmented it. */
export interface Segment {
  /** Counts from 0, in order of time. */
  readonly id: number;
  readonly startS: number;
  readonly endS: number;
  /** The decoded text, including the leading space. */
  readonly text: string;
  /** Decoding details; absent if the model does not provide them. */
  readonly tokens?: readonly number[];
  readonly temperature?: number;
  readonly avgLogprob?: number;
  readonly compressionRatio?: number;
  readonly noSpeechProb?: number;
  /** Start of the segment's chunk: OpenAI's `seek`, but in seconds. */
  readonly seekS?: number;
  /** The tokens of the text; absent unless they were requested. */
  readonly logprobs?: readonly TokenLogprob[];
}

/** A token of text, and the natural logarithm of its probability. A character may span several tokens. */
export interface TokenLogprob {
  readonly bytes: readonly number[];
  readonly logprob: number;
}

export interface Word {
  readonly text: string;
  readonly startS: number;
  readonly endS: number;
}
