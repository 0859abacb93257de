/** What a runner and its parent say to each other over Bun's IPC. */
import { type Static, Type } from "@sinclair/typebox";
import type { Segment, Word } from "../transcript/transcript.ts";
import { capabilities } from "./capabilities.ts";

/** Raised with every incompatible change; an executable replaced on disk under a running server shows here. */
export const protocolVersion = 8;

/** Exit code of a runner whose channel closed: the server died, or read something that is no message. */
export const channelClosedCode = 71;

const vadOptions = Type.Object({
  threshold: Type.Number(),
  negThreshold: Type.Union([Type.Number(), Type.Null()]),
  peakThreshold: Type.Union([Type.Number(), Type.Null()]),
  minSpeechMs: Type.Number(),
  minSilenceMs: Type.Number(),
  speechPadMs: Type.Number(),
  maxSpeechS: Type.Union([Type.Number(), Type.Null()]),
});

const transcribeOptions = Type.Object({
  language: Type.Union([Type.String(), Type.Null()]),
  prompt: Type.Union([Type.String(), Type.Null()]),
  keywords: Type.Array(Type.String()),
  multilingual: Type.Boolean(),
  temperature: Type.Number(),
  words: Type.Boolean(),
  vad: Type.Union([vadOptions, Type.Null()]),
});

const segment = Type.Object({
  id: Type.Number(),
  startS: Type.Number(),
  endS: Type.Number(),
  text: Type.String(),
  /** Facts of the decoding: absent where the model has none. */
  tokens: Type.Optional(Type.Array(Type.Number())),
  temperature: Type.Optional(Type.Number()),
  avgLogprob: Type.Optional(Type.Number()),
  compressionRatio: Type.Optional(Type.Number()),
  noSpeechProb: Type.Optional(Type.Number()),
  seekS: Type.Optional(Type.Number()),
});

const word = Type.Object({ text: Type.String(), startS: Type.Number(), endS: Type.Number() });

const failure = Type.Object({
  code: Type.String(),
  message: Type.String(),
  param: Type.Union([Type.String(), Type.Null()]),
  /** For the log and the command line; clients never get it. */
  operatorMessage: Type.Optional(Type.String()),
});

/** What the audio of a job may be and cost. */
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

/** The variable that sets each limit. */
const limitSettings = Type.Partial(Type.Record(Type.KeyOf(audioLimits), Type.String()));
export type LimitSettings = Static<typeof limitSettings>;

const load = Type.Object({
  type: Type.Literal("load"),
  protocolVersion: Type.Number(),
  /** Name of the engine's library among the embedded files. */
  engine: Type.String(),
  /** A file or folder, or the name of an embedded file. */
  model: Type.Union([
    Type.Object({ path: Type.String() }),
    Type.Object({ embedded: Type.String() }),
  ]),
  /** Where native libraries may be unpacked, best first. */
  cacheFolders: Type.Array(Type.String()),
  gpu: Type.Boolean(),
  /** Number format to compute in; null: the engine's choice. */
  computeType: Type.Union([Type.String(), Type.Null()]),
  lanes: Type.Number(),
  threadsPerLane: Type.Number(),
  temperatureFallback: Type.Boolean(),
  encoderWindow: Type.Union([Type.Literal("auto"), Type.Literal("full")]),
  beamSize: Type.Number(),
  audioLimits,
  limitSettings,
});

/** How far a job has come: another runner can go on from there, since a file is cut into the same chunks each time. */
const checkpoint = Type.Object({
  /** Chunks whose results were delivered. */
  chunks: Type.Number(),
  /** Segments among these results. */
  segments: Type.Number(),
  /**
   * The first chunk that the next runner gives its model, at most `chunks`. A model that keeps its state from chunk to
   * chunk hears again what built up that state; the results up to `chunks` are dropped.
   */
  replayFrom: Type.Number(),
  /** The job's language, once it is known. */
  language: Type.Union([Type.String(), Type.Null()]),
  /** Seconds of segments in each language. */
  spokenS: Type.Record(Type.String(), Type.Number()),
});

const transcribe = Type.Object({
  type: Type.Literal("transcribe"),
  job: Type.Number(),
  audioPath: Type.String(),
  /** Null: from the beginning. */
  from: Type.Union([checkpoint, Type.Null()]),
  options: transcribeOptions,
});

const cancel = Type.Object({ type: Type.Literal("cancel"), job: Type.Number() });

/** Answered with `pong` at once, whatever the runner works on. */
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
    /** Of the loaded model. */
    capabilities,
    /** Most chunks of one job that the runner works on, beyond the job's checkpoint. */
    chunksInFlight: Type.Integer({ minimum: 1 }),
  }),
  Type.Object({ type: Type.Literal("load-failed"), failure }),
  Type.Object({ type: Type.Literal("started"), job: Type.Number() }),
  Type.Object({
    type: Type.Literal("progress"),
    job: Type.Number(),
    doneS: Type.Number(),
    totalS: Type.Union([Type.Number(), Type.Null()]),
  }),
  Type.Object({
    type: Type.Literal("segments"),
    job: Type.Number(),
    segments: Type.Array(segment),
    words: Type.Array(word),
    checkpoint,
  }),
  Type.Object({
    type: Type.Literal("done"),
    job: Type.Number(),
    language: Type.Union([Type.String(), Type.Null()]),
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
  /** The memory of the process, reported while it works. */
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
  readonly checkpoint: Checkpoint;
}
