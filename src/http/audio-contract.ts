/**
 * Defines the differences between the routes that transcribe audio. The routes have the same limits, the same queue and
 * the same jobs. They differ in how a client sends the options and the audio, and in the format of the response.
 */
import type { VadPreset } from "../ipc/vad.ts";
import type { Config } from "../settings/config.ts";
import type { Task, Transcript } from "../transcript/transcript.ts";
import type { TranscriptionRequest } from "./body/transcription-form.ts";

export interface AudioContract {
  /** Pattern of the path, which the log shows. */
  readonly path: string;
  /** Starts to read a request. Checks only its URL and its headers. Throws AsrError. */
  readonly read: (request: Request, config: Config) => AudioReader;
}

/** Reads one request. */
export interface AudioReader {
  readonly body: AudioBody;
  /** The model, if the parts of the request that have arrived determine it. The server then checks it at once. */
  readonly choice: ModelChoice | null;
  /** Adds a field of the form, in order of arrival. Throws AsrError. */
  readonly addField: (name: string, value: string) => void;
  /** Checks the rules that involve several options. Call this after the last field. Throws AsrError. */
  readonly finish: (vad: VadPreset) => AudioRequest;
}

interface AudioBody {
  /** Name of the form part that contains the audio. Null if the body is no form: the whole body is then the audio. */
  readonly part: string | null;
  /** Bytes to write before the audio. Samples without a header need them. */
  readonly header?: Uint8Array;
}

export interface ModelChoice {
  /** Null for the default model. */
  readonly model: string | null;
  readonly task: Task;
}

export interface AudioRequest {
  readonly parameters: TranscriptionRequest;
  readonly output: Output;
}

/** Writes the response. */
export interface Output {
  readonly contentType: string;
  /** Whether a response may start with spaces. This is the case if spaces do not change the meaning. */
  readonly allowsSpaces: boolean;
  /** Whether the response is better with word times. The model returns them if it can. */
  readonly usesWordTimes: boolean;
  readonly render: (transcript: Transcript, facts: AnswerFacts) => string;
}

/** Facts about a transcription that are not in its transcript. */
export interface AnswerFacts {
  readonly requestId: string;
  /** SHA-256 hash of the audio file in hexadecimal digits. */
  readonly sha256: string;
  /** Null if the transcription failed before its model was known. */
  readonly model: { readonly id: string; readonly backend: string } | null;
  /** Number of channels that were transcribed separately. 1 if the channels were mixed. */
  readonly channels: number;
}
