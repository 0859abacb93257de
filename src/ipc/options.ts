/** Defines the options of a job, and the progress that a runner reports. */
import { type Static, Type } from "@sinclair/typebox";
import type { Task } from "../transcript/transcript.ts";
import { nullable } from "./nullable.ts";
import { type VadOptions, vadOptionNames } from "./vad.ts";

/** Maximum number of beams that the engines support. */
export const beamSizeMax = 8;

/** Length of the encoder's window. "auto": shortened for short audio. "full": never shortened. */
export const encoderWindows = ["auto", "full"] as const;
export type EncoderWindow = (typeof encoderWindows)[number];

const vadValues = Type.Unsafe<VadOptions>(
  Type.Object(Object.fromEntries(vadOptionNames.map((name) => [name, nullable(Type.Number())]))),
);

/** Maximum number of a channel in a request, which is the maximum of the audio library. */
export const channelMax = 32;

/** Maximum number of channels of a recording whose channels are transcribed separately. */
export const eachChannelMax = 8;

/** Names of channels in requests, and the value of the option `channel` that each name stands for. */
export const channelNames = { mix: undefined, left: 1, right: 2, each: "each" } as const;

/** Maximum number of an audio track in a request. */
export const audioTrackMax = 256;

export const transcribeOptions = Type.Object({
  /** Task of the job. If it is "translate", the text is in English, whatever the spoken language is. */
  task: Type.Unsafe<Task>(Type.Union([Type.Literal("transcribe"), Type.Literal("translate")])),
  /** ISO 639-1 code of the spoken language. If it is null, the model detects the language. */
  language: nullable(Type.String()),
  /** Codes of the languages from which the detection chooses. If the list is empty, it chooses from all languages. */
  languages: Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
  /** Text that the model reads before the audio. It shows the model the style and the spelling of names. */
  prompt: nullable(Type.String()),
  /** Words and names that the model prefers when it transcribes. */
  keywords: Type.Unsafe<readonly string[]>(Type.Array(Type.String())),
  /** Whether the model detects the language of each chunk separately. */
  multilingual: Type.Boolean(),
  /**
   * If the temperature is 0, the model uses beam search with OpenAI's temperature fallback. If it is higher, the model
   * samples at this temperature.
   */
  temperature: Type.Number(),
  /**
   * Whether suspicious results are decoded again at higher temperatures. If it is null, the operator's setting applies.
   */
  temperatureFallback: nullable(Type.Boolean()),
  /**
   * Number of beams of the beam search, which is used at temperature 0. If it is null, the operator's setting applies.
   */
  beamSize: nullable(Type.Integer()),
  /** Length of the encoder's window (see `encoderWindows`). If it is null, the operator's setting applies. */
  encoderWindow: nullable(Type.Union([Type.Literal("auto"), Type.Literal("full")])),
  /** Whether the result contains word times. Whisper models need an additional alignment pass for them. */
  words: Type.Boolean(),
  /** Whether the segments contain the log-probability of each token. */
  logprobs: Type.Boolean(),
  /** Voice activity options. If they are null, the model transcribes all of the audio. */
  vad: nullable(vadValues),
  /**
   * Number of the audio track, from 1. If it is absent, the best track with speech is transcribed.
   */
  audioTrack: Type.Optional(Type.Integer({ minimum: 1, maximum: audioTrackMax })),
  /**
   * Number of the channel of the track, from 1. "each": all channels, each on its own. If it is absent, the mix of all
   * channels is transcribed.
   */
  channel: Type.Optional(
    Type.Union([Type.Literal("each"), Type.Integer({ minimum: 1, maximum: channelMax })]),
  ),
});
export type TranscribeOptions = Readonly<Static<typeof transcribeOptions>>;

/** Options of a job without special requests and without voice activity detection. */
export const plainOptions: TranscribeOptions = {
  task: "transcribe",
  language: null,
  languages: [],
  prompt: null,
  keywords: [],
  multilingual: false,
  temperature: 0,
  temperatureFallback: null,
  beamSize: null,
  encoderWindow: null,
  words: false,
  logprobs: false,
  vad: null,
};

export interface Progress {
  /** Length in seconds of the audio that is already transcribed. */
  readonly doneS: number;
  /** Length of the audio in seconds; null while it is unknown. */
  readonly totalS: number | null;
  /** Number of channels of the audio track; absent while it is unknown. */
  readonly channels?: number;
}
