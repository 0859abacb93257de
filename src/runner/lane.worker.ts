/** One lane's thread: it alone makes the lane's blocking engine calls. */
import type { Pointer } from "bun:ffi";
import { toFailure } from "./failure.ts";
import type { Failure } from "./protocol.ts";
import { type AlignResult, type Chunk, type DecodeResult, EngineLibrary, Lane, type ModelSource } from "./shim.ts";

export type ToLane =
  | { readonly type: "load"; readonly libraryPath: string; readonly source: ModelSource }
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
  let answer: FromLane;
  try {
    answer = handle(data);
  } catch (error) {
    answer = { type: "failed", failure: toFailure(error) };
  }
  self.postMessage(answer);
};

// --- internal ---

function handle(message: ToLane): FromLane {
  switch (message.type) {
    case "load":
      library = new EngineLibrary(message.libraryPath);
      return { type: "loaded", model: Number(library.loadModel(message.source)) };
    case "open":
      library ??= new EngineLibrary(message.libraryPath);
      lane = new Lane(library, message.model as Pointer);
      return { type: "opened" };
    case "detect-language":
      return { type: "languages", probs: opened().detectLanguage(message.chunk) };
    case "decode":
      return { type: "decoded", result: opened().decode(message.chunk) };
    case "align":
      return { type: "aligned", result: opened().align(message.chunk) };
  }
}

function opened(): Lane {
  if (lane === null) throw new Error("the lane is not open");
  return lane;
}
