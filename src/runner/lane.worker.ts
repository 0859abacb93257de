/** One lane's thread: it alone makes the lane's blocking engine calls. */
import type { Pointer } from "bun:ffi";
import { toFailure } from "./failure.ts";
import type { Failure } from "./protocol.ts";
import { type AlignResult, type Chunk, type DecodeResult, EngineLibrary, Lane } from "./shim.ts";

/** Where a model lies, and how it is to be loaded. */
export interface ModelPlace {
  readonly path: string;
  /** The path leads inside the executable, where only Bun can read. */
  readonly isEmbedded: boolean;
  readonly gpu: boolean;
  readonly threads: number;
}

export type ToLane =
  | { readonly type: "load"; readonly libraryPath: string; readonly model: ModelPlace }
  | { readonly type: "open"; readonly libraryPath: string; readonly model: number }
  | { readonly type: "detect-language" | "decode" | "align"; readonly chunk: Chunk };

export type FromLane =
  | { readonly type: "loaded"; readonly model: number }
  | { readonly type: "opened" }
  | { readonly type: "languages"; readonly probs: Float32Array }
  | { readonly type: "decoded"; readonly result: DecodeResult }
  | { readonly type: "aligned"; readonly result: AlignResult }
  | { readonly type: "failed"; readonly failure: Failure };

declare const self: Worker;

let library: EngineLibrary | null = null;
let lane: Lane | null = null;

self.onmessage = ({ data }: MessageEvent<ToLane>) => {
  void answerTo(data);
};

// --- internal ---

async function answerTo(message: ToLane): Promise<void> {
  let answer: FromLane;
  try {
    answer = await handle(message);
  } catch (error) {
    answer = { type: "failed", failure: toFailure(error) };
  }
  self.postMessage(answer);
}

async function handle(message: ToLane): Promise<FromLane> {
  switch (message.type) {
    case "load":
      library = new EngineLibrary(message.libraryPath);
      return { type: "loaded", model: await load(library, message.model) };
    case "open":
      library ??= new EngineLibrary(message.libraryPath);
      lane = new Lane(library, message.model as Pointer);
      return { type: "opened" };
    case "detect-language":
      return { type: "languages", probs: opened().detectLanguage(message.chunk) };
    case "decode":
      return { type: "decoded", result: opened().decode(message.chunk) };
    default:
      return { type: "aligned", result: opened().align(message.chunk) };
  }
}

async function load(
  engine: EngineLibrary,
  { path, isEmbedded, gpu, threads }: ModelPlace,
): Promise<number> {
  const from = isEmbedded ? await Bun.file(path).bytes() : path;
  const model = Number(engine.loadModel({ from, gpu, threads }));
  // The engine has copied the bytes; as many again must not stay.
  if (isEmbedded) setTimeout(() => Bun.gc(true), 0);
  return model;
}

function opened(): Lane {
  if (lane === null) throw new Error("the lane is not open");
  return lane;
}
