/** Defines the messages that a runner and the server exchange over Bun's IPC. */
import { type Static, Type } from "@sinclair/typebox";
import type { ModelInput, Segment, TokenLogprob, Word } from "../transcript/transcript.ts";
import { calibrationResult } from "./calibration.ts";
import { capabilities } from "./capabilities.ts";
import { nullable } from "./nullable.ts";
import { transcribeOptions } from "./options.ts";
import { work } from "./work.ts";

/**
 * Version of the messages. Increase it with every incompatible change. A runner compares its own version with the
 * version in the `load` message. These versions can differ if the executable was replaced while the server ran.
 */
export const protocolVersion = 17;

/**
 * Exit code of a runner whose IPC channel closed. The channel closes when the server ends or receives an invalid
 * message.
 */
export const channelClosedCode = 71;

const segment = Type.Object({
  id: Type.Number(),
  startS: Type.Number(),
  endS: Type.Number(),
  text: Type.String(),
  tokens: Type.Array(Type.Number()),
  temperature: Type.Number(),
  avgLogprob: Type.Optional(Type.Number()),
  compressionRatio: Type.Number(),
  noSpeechProb: Type.Optional(Type.Number()),
  seekS: Type.Number(),
  logprobs: Type.Optional(
    Type.Unsafe<readonly TokenLogprob[]>(
      Type.Array(Type.Object({ bytes: Type.Array(Type.Number()), logprob: Type.Number() })),
    ),
  ),
});

const modelInput = Type.Object({ audioFrames: Type.Number(), promptTokens: Type.Number() });

const word = Type.Object({ text: Type.String(), startS: Type.Number(), endS: Type.Number() });

const failure = Type.Object({
  code: Type.String(),
  message: Type.String(),
  param: nullable(Type.String()),
  /** Message for the log and the command line. Clients never receive this message. */
  operatorMessage: Type.Optional(Type.String()),
});

/** Limits on the audio of a job and on the work to decode it. */
const audioLimits = Type.Object({
  channelsMax: Type.Number(),
  /** Minimum sample rate in Hz. `rateMax` is the maximum, also in Hz. */
  rateMin: Type.Number(),
  rateMax: Type.Number(),
  durationSMax: Type.Number(),
  samplesMax: Type.Number(),
  wallMsMax: Type.Number(),
  memoryBytesMax: Type.Number(),
});
export type AudioLimits = Static<typeof audioLimits>;
export type AudioLimit = keyof AudioLimits;

/** Maps each limit to the name of the environment variable that sets it. */
const limitSettings = Type.Partial(Type.Record(Type.KeyOf(audioLimits), Type.String()));
export type LimitSettings = Static<typeof limitSettings>;

/**
 * The ffmpeg that decodes audio whose format the audio library does not support. `absent` is the reason why there is no
 * ffmpeg: the operator does not allow it, or it is not installed.
 */
const ffmpegOption = Type.Union([
  Type.Object({
    path: Type.String(),
    /** Folder for the decoded audio. */
    folder: Type.String(),
    /** Number of bytes of disk space that must stay free. */
    diskBytesFreeMin: Type.Number(),
  }),
  Type.Object({ absent: Type.Union([Type.Literal("never"), Type.Literal("missing")]) }),
]);
export type FfmpegOption = Static<typeof ffmpegOption>;

const load = Type.Object({
  type: Type.Literal("load"),
  protocolVersion: Type.Number(),
  /** Name of the engine's library. */
  engine: Type.String(),
  /** Path of the engine's library. Null: the library is embedded in the executable. */
  engineFile: nullable(Type.String()),
  /** Library that the runner uses in place of `engine` if it uses the GPU. Null: `engine` also uses the GPU. */
  gpuEngine: nullable(Type.Object({ name: Type.String(), file: nullable(Type.String()) })),
  /** The model: the path of a file or folder, or the name of a file that is embedded in the executable. */
  model: Type.Union([
    Type.Object({ path: Type.String() }),
    Type.Object({ embedded: Type.String() }),
  ]),
  /** Folders into which the runner may unpack native libraries, in order of preference. */
  cacheFolders: Type.Array(Type.String()),
  gpu: Type.Boolean(),
  /** Number format in which the engine computes. If it is null, the engine chooses one. */
  computeType: nullable(Type.String()),
  lanes: Type.Number(),
  /**
   * If the GPU does not work, the runner loads the model on the CPU with this number of lanes. If this number is null,
   * the runner does not use the CPU, and loading the model fails.
   */
  cpuLanes: nullable(Type.Number()),
  threadsPerLane: Type.Number(),
  /** Whether the runner measures how many of the lanes the model needs, when it is idle for the first time. */
  calibrate: Type.Boolean(),
  temperatureFallback: Type.Boolean(),
  encoderWindow: Type.Union([Type.Literal("auto"), Type.Literal("full")]),
  beamSize: Type.Number(),
  audioLimits,
  limitSettings,
  ffmpeg: ffmpegOption,
});

/**
 * The progress of a job. Every runner cuts a file into the same chunks, so another runner can resume at the checkpoint.
 */
const checkpoint = Type.Object({
  /** Number of chunks whose results were delivered to the server. */
  chunks: Type.Number(),
  /** Number of segments in the delivered results. */
  segments: Type.Number(),
  /**
   * Index of the first chunk that the next runner gives to its model; at most `chunks`. If the model keeps state
   * between chunks, this index can be lower than `chunks`. The model then processes the chunks from `replayFrom` to
   * `chunks` again to restore its state. The runner discards the results of these chunks.
   */
  replayFrom: Type.Number(),
  /** Language of the job; null while it is unknown. */
  language: nullable(Type.String()),
  /**
   * For each language, the total length of its segments in seconds. It is empty for models that do not detect the
   * language.
   */
  spokenS: Type.Record(Type.String(), Type.Number()),
});

const transcribe = Type.Object({
  type: Type.Literal("transcribe"),
  job: Type.Number(),
  audioPath: Type.String(),
  /** Checkpoint at which the runner resumes the job. If it is null, the runner starts at the beginning of the file. */
  from: nullable(checkpoint),
  /** Tag of the client whose share of the lanes the job uses; null for a job of the operator. */
  client: nullable(Type.String()),
  /** Time at which the result is needed, in milliseconds since 1970; null if the job has no deadline. */
  deadlineMs: nullable(Type.Number()),
  options: transcribeOptions,
});

const cancel = Type.Object({ type: Type.Literal("cancel"), job: Type.Number() });

/** Asks the runner for a `pong`. The runner answers at once, even while it transcribes. */
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
    /** Reason why the model runs on the CPU although the GPU was requested. Null when it runs on the requested device. */
    gpuFailure: nullable(Type.String()),
    /** The capabilities of the loaded model. */
    capabilities,
    /** Maximum number of chunks of one job that are in the runner at the same time. */
    chunksInFlight: Type.Integer({ minimum: 1 }),
  }),
  Type.Object({ type: Type.Literal("load-failed"), failure }),
  Type.Object({ type: Type.Literal("started"), job: Type.Number() }),
  Type.Object({
    type: Type.Literal("progress"),
    job: Type.Number(),
    doneS: Type.Number(),
    totalS: nullable(Type.Number()),
    /** Number of channels of the audio track. */
    channels: Type.Optional(Type.Integer()),
  }),
  Type.Object({
    type: Type.Literal("segments"),
    job: Type.Number(),
    segments: Type.Array(segment),
    words: Type.Array(word),
    input: Type.Optional(modelInput),
    checkpoint,
  }),
  Type.Object({
    type: Type.Literal("done"),
    job: Type.Number(),
    language: nullable(Type.String()),
    durationS: Type.Number(),
    /** Number of the transcribed audio track; absent if the file has only one track. */
    audioTrack: Type.Optional(Type.Integer()),
    work,
  }),
  Type.Object({
    type: Type.Literal("failed"),
    job: Type.Number(),
    failure,
    work,
  }),
  /** Reports how many lanes the model needs. From then on, only this number of lanes gets work. */
  Type.Composite([Type.Object({ type: Type.Literal("calibrated") }), calibrationResult]),
  /**
   * Reports the resident memory of the runner. The runner sends this message while it loads the model or processes
   * jobs.
   */
  Type.Object({ type: Type.Literal("memory"), residentBytes: Type.Number() }),
  Type.Object({ type: Type.Literal("pong") }),
]);
export type FromRunner = Static<typeof fromRunner>;
export type JobMessage = Extract<FromRunner, { job: number }>;
export type Failure = Static<typeof failure>;

/** The results of one chunk, and the checkpoint after the chunk. */
export interface ChunkResults {
  readonly segments: readonly Segment[];
  readonly words: readonly Word[];
  /** Input of the model for the chunk; absent if it is unknown. */
  readonly input?: ModelInput;
  readonly checkpoint: Checkpoint;
}
