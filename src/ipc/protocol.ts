/** The messages between a runner and the server over Bun's IPC. */
import { type Static, Type } from "@sinclair/typebox";
import type { Segment, TokenLogprob, Word } from "../transcript/transcript.ts";
import { capabilities } from "./capabilities.ts";
import { nullable } from "./nullable.ts";
import { transcribeOptions } from "./options.ts";

/**
 * Increase this number with every incompatible change. A runner compares it with the number in the `load` message, to
 * detect that the executable was replaced while the server ran.
 */
export const protocolVersion = 10;

/** Exit code of a runner whose channel closed: the server ended, or received an invalid message. */
export const channelClosedCode = 71;

const segment = Type.Object({
  id: Type.Number(),
  startS: Type.Number(),
  endS: Type.Number(),
  text: Type.String(),
  /** Decoding details; absent if the model does not provide them. */
  tokens: Type.Optional(Type.Array(Type.Number())),
  temperature: Type.Optional(Type.Number()),
  avgLogprob: Type.Optional(Type.Number()),
  compressionRatio: Type.Optional(Type.Number()),
  noSpeechProb: Type.Optional(Type.Number()),
  seekS: Type.Optional(Type.Number()),
  logprobs: Type.Optional(
    Type.Unsafe<readonly TokenLogprob[]>(
      Type.Array(Type.Object({ bytes: Type.Array(Type.Number()), logprob: Type.Number() })),
    ),
  ),
});

const word = Type.Object({ text: Type.String(), startS: Type.Number(), endS: Type.Number() });

const failure = Type.Object({
  code: Type.String(),
  message: Type.String(),
  param: nullable(Type.String()),
  /** For the log and the command line; never sent to clients. */
  operatorMessage: Type.Optional(Type.String()),
});

/** Limits on the audio of a job and on the cost of decoding it. */
const audioLimits = Type.Object({
  channelsMax: Type.Number(),
  /** In Hz. */
  rateMin: Type.Number(),
  rateMax: Type.Number(),
  durationSMax: Type.Number(),
  samplesMax: Type.Number(),
  wallMsMax: Type.Number(),
  memoryBytesMax: Type.Number(),
});
export type AudioLimits = Static<typeof audioLimits>;
export type AudioLimit = keyof AudioLimits;

/** The environment variable that sets each limit. */
const limitSettings = Type.Partial(Type.Record(Type.KeyOf(audioLimits), Type.String()));
export type LimitSettings = Static<typeof limitSettings>;

const load = Type.Object({
  type: Type.Literal("load"),
  protocolVersion: Type.Number(),
  /** Name of the engine's library among the embedded files. */
  engine: Type.String(),
  /** The path of a file or folder, or the name of an embedded file. */
  model: Type.Union([
    Type.Object({ path: Type.String() }),
    Type.Object({ embedded: Type.String() }),
  ]),
  /** Folders to which native libraries may be unpacked, in order of preference. */
  cacheFolders: Type.Array(Type.String()),
  gpu: Type.Boolean(),
  /** Number format to compute in; null: the engine's choice. */
  computeType: nullable(Type.String()),
  lanes: Type.Number(),
  threadsPerLane: Type.Number(),
  temperatureFallback: Type.Boolean(),
  encoderWindow: Type.Union([Type.Literal("auto"), Type.Literal("full")]),
  beamSize: Type.Number(),
  audioLimits,
  limitSettings,
});

/** The progress of a job. Another runner can resume there, because every runner cuts a file into the same chunks. */
const checkpoint = Type.Object({
  /** Number of chunks whose results were delivered. */
  chunks: Type.Number(),
  /** Number of segments in these results. */
  segments: Type.Number(),
  /**
   * The first chunk that the next runner gives to its model; at most `chunks`. A model that keeps state between
   * chunks processes the chunks from here again to rebuild its state. The runner discards their results up to
   * `chunks`.
   */
  replayFrom: Type.Number(),
  /** The job's language, once it is known. */
  language: nullable(Type.String()),
  /** Seconds of segments in each language. */
  spokenS: Type.Record(Type.String(), Type.Number()),
});

const transcribe = Type.Object({
  type: Type.Literal("transcribe"),
  job: Type.Number(),
  audioPath: Type.String(),
  /** The checkpoint at which to resume; null: start at the beginning. */
  from: nullable(checkpoint),
  options: transcribeOptions,
});

const cancel = Type.Object({ type: Type.Literal("cancel"), job: Type.Number() });

/** The runner answers with `pong` at once, even while it transcribes. */
const ping = Type.Object({ type: Type.Literal("ping") });

export const toRunner = Type.Union([load, transcribe, cancel, ping]);
export type ToRunner = Static<typeof toRunner>;
export type LoadMessage = Static<typeof load>;
export type TranscribeMessage = Static<typeof transcribe>;
export type Checkpoint = Static<typeof checkpoint>;

export const fromRunner = Type.Union([
  Type.Object({
    type: Type.Literal("ready"),
    description: Type.String(),
    /** The capabilities of the loaded model. */
    capabilities,
    /** Maximum number of chunks after the checkpoint of a job that the runner processes at once. */
    chunksInFlight: Type.Integer({ minimum: 1 }),
  }),
  Type.Object({ type: Type.Literal("load-failed"), failure }),
  Type.Object({ type: Type.Literal("started"), job: Type.Number() }),
  Type.Object({
    type: Type.Literal("progress"),
    job: Type.Number(),
    doneS: Type.Number(),
    totalS: nullable(Type.Number()),
  }),
  Type.Object({
    type: Type.Literal("segments"),
    job: Type.Number(),
    segments: Type.Array(segment),
    words: Type.Array(word),
    audioFrames: Type.Optional(Type.Number()),
    checkpoint,
  }),
  Type.Object({
    type: Type.Literal("done"),
    job: Type.Number(),
    language: nullable(Type.String()),
    durationS: Type.Number(),
    decodeS: Type.Number(),
    engineS: Type.Number(),
  }),
  Type.Object({
    type: Type.Literal("failed"),
    job: Type.Number(),
    failure,
    decodeS: Type.Number(),
    engineS: Type.Number(),
  }),
  /** The resident memory of the runner, sent while the runner works. */
  Type.Object({ type: Type.Literal("memory"), residentBytes: Type.Number() }),
  Type.Object({ type: Type.Literal("pong") }),
]);
export type FromRunner = Static<typeof fromRunner>;
export type JobMessage = Extract<FromRunner, { job: number }>;
export type Failure = Static<typeof failure>;

/** The results of one chunk, and where to continue after it. */
export interface ChunkResults {
  readonly segments: readonly Segment[];
  readonly words: readonly Word[];
  /** Frames of audio that the encoder processed; absent if their number is unknown. */
  readonly audioFrames?: number;
  readonly checkpoint: Checkpoint;
}
