/** Runs the thread of one lane. The engine calls of the lane block, so only this thread makes them. */
import type { Pointer } from "bun:ffi";
import { AudioLibrary } from "../audio/audio-library.ts";
import { type EmbeddedModel, readEmbeddedModel } from "../embedded-model.ts";
import { toFailure } from "../../ipc/failure.ts";
import { Features } from "./features.ts";
import type { Failure } from "../../ipc/protocol.ts";
import { Lane } from "./asr-lane.ts";
import { type LaneTimes, noTimes } from "./engine-times.ts";
import { EngineLibrary } from "./asr-library.ts";
import { Model } from "./asr-model.ts";
import type {
  AlignResult,
  AudioChunk,
  Chunk,
  DecodeResult,
  FeedOptions,
  Recognition,
  StreamOptions,
  TimedTokens,
  RecognizeChunk,
} from "./asr-structs.ts";

/** The location of a model, and the options for loading it. */
export interface ModelLocation {
  /** Path of a file or folder on the disk, or a model that is embedded in the executable. */
  readonly source: { readonly path: string } | EmbeddedModel;
  readonly gpu: boolean;
  readonly computeType: string | null;
  readonly threads: number;
}

/** The paths of the native libraries that a lane uses. */
export interface Libraries {
  readonly libraryPath: string;
  readonly audioLibraryPath: string;
}

export type ToLane =
  | { readonly type: "load"; readonly libraryPath: string; readonly model: ModelLocation }
  | ({ readonly type: "open"; readonly model: number } & Libraries)
  | { readonly type: "detect-language" | "decode" | "align"; readonly chunk: Chunk }
  | { readonly type: "recognize"; readonly chunk: RecognizeChunk }
  | { readonly type: "open-stream"; readonly options: StreamOptions }
  | {
      readonly type: "feed-stream";
      readonly stream: number;
      readonly input: Float32Array;
      readonly options: FeedOptions;
    }
  | { readonly type: "close-stream"; readonly stream: number };

export type FromLane =
  | { readonly type: "loaded"; readonly model: number }
  | { readonly type: "opened" }
  | { readonly type: "languages"; readonly probs: Float32Array }
  | { readonly type: "decoded"; readonly result: DecodeResult }
  | { readonly type: "aligned"; readonly result: AlignResult }
  | { readonly type: "recognized"; readonly result: Recognition }
  | { readonly type: "timed"; readonly result: TimedTokens }
  | { readonly type: "stream-opened"; readonly stream: number }
  | { readonly type: "stream-closed" }
  | { readonly type: "failed"; readonly failure: Failure };

/** The answer, with the times of the lane's thread. */
export type TimedFromLane = FromLane & { readonly times: LaneTimes };

declare const self: Worker;

let library: EngineLibrary | null = null;
let lane: Lane | null = null;
/** Computes features for the engine. Null if the engine takes samples. */
let features: Features | null = null;
/** Time in seconds that the features took which this thread has computed for the current message. */
let featuresS = 0;

self.onmessage = ({ data }: MessageEvent<ToLane>) => {
  void answerTo(data);
};

// --- internal ---

type StreamMessage = Extract<ToLane, { type: "open-stream" | "feed-stream" | "close-stream" }>;

async function answerTo(message: ToLane): Promise<void> {
  const startMs = performance.now();
  featuresS = 0;
  let answer: FromLane;
  try {
    answer = await handle(message);
  } catch (error) {
    answer = { type: "failed", failure: toFailure(error) };
  }
  self.postMessage({ ...answer, times: timesSince(startMs) } satisfies TimedFromLane);
}

function timesSince(startMs: number): LaneTimes {
  const engine = lane?.takeTimes() ?? noTimes;
  const busyS = (performance.now() - startMs) / 1000;
  return { ...engine, busyS, featuresS: engine.featuresS + featuresS };
}

async function handle(message: ToLane): Promise<FromLane> {
  switch (message.type) {
    case "load":
      library = new EngineLibrary(message.libraryPath);
      return { type: "loaded", model: await load(library, message.model) };
    case "open":
      open(message);
      return { type: "opened" };
    case "detect-language":
      return { type: "languages", probs: openLane().detectLanguage(toEngineInput(message.chunk)) };
    case "decode":
      return { type: "decoded", result: openLane().decode(toEngineInput(message.chunk)) };
    case "align":
      return { type: "aligned", result: openLane().align(toEngineInput(message.chunk)) };
    case "recognize":
      return { type: "recognized", result: openLane().recognize(toEngineInput(message.chunk)) };
    default:
      return handleStream(message);
  }
}

function handleStream(message: StreamMessage): FromLane {
  switch (message.type) {
    case "open-stream":
      return { type: "stream-opened", stream: openLane().openStream(message.options) };
    case "feed-stream": {
      const { stream, input, options } = message;
      return { type: "timed", result: openLane().feedStream(stream, input, options) };
    }
    default:
      openLane().closeStream(message.stream);
      return { type: "stream-closed" };
  }
}

function open({ libraryPath, audioLibraryPath, model }: Extract<ToLane, { type: "open" }>): void {
  library ??= new EngineLibrary(libraryPath);
  lane = new Lane(library, model as Pointer);
  const { input } = new Model(library, model as Pointer).info;
  features = Features.for(input, new AudioLibrary(audioLibraryPath));
}

/** Returns a chunk that contains the kind of input that the engine needs: samples or features. */
function toEngineInput<T extends AudioChunk>(chunk: T): T {
  if (features === null) return chunk;
  const startMs = performance.now();
  const converted = features.of(chunk);
  featuresS += (performance.now() - startMs) / 1000;
  return converted;
}

async function load(
  engine: EngineLibrary,
  { source, ...loadOptions }: ModelLocation,
): Promise<number> {
  if ("path" in source) return Number(engine.loadModel({ from: source.path, ...loadOptions }));
  const from = await readEmbeddedModel(source);
  // Frees what a conversion has left before the engine makes its own copy of the model, and the model after it.
  Bun.gc(true);
  const model = Number(engine.loadModel({ from, ...loadOptions }));
  setTimeout(() => Bun.gc(true), 0);
  return model;
}

function openLane(): Lane {
  if (lane === null) throw new Error("the lane is not open");
  return lane;
}
