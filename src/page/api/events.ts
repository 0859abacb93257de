/** Defines the events of a transcription that the page uses. The server sends more members than these. */

interface Delta {
  readonly type: "transcript.text.delta";
  readonly segment: WireSegment;
}

interface Progress {
  readonly type: "transcript.progress";
  /** Seconds of the audio that are transcribed. */
  readonly done: number;
  /** Length of the audio in seconds. */
  readonly duration?: number;
}

export interface Done {
  readonly type: "transcript.text.done";
  /** English name of the language. */
  readonly language: string;
  readonly duration: number;
  readonly segments: readonly WireSegment[];
  readonly words?: readonly WireWord[];
}

export type TranscriptEvent = Delta | Progress | Done;

export interface WireSegment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly channel?: number;
}

export interface WireWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  readonly channel?: number;
}
