/** Defines the request that sends one file. */
import type { TranscriptEvent } from "./events.ts";

export interface Upload {
  readonly path: string;
  readonly form: FormData;
  readonly key: string | null;
  readonly signal: AbortSignal;
  /** Called with the part of the file that is sent, from 0 to 1. */
  readonly onSent: (part: number) => void;
  readonly onEvent: (event: TranscriptEvent) => void;
}
