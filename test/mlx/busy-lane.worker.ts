/** Decodes a chunk on another lane of a loaded model, in a thread of its own. Sets `ended` to 1 at the end. */
import type { Pointer } from "bun:ffi";
import { Lane } from "../../src/runner/engine/asr-lane.ts";
import { EngineLibrary } from "../../src/runner/engine/asr-library.ts";
import type { Chunk } from "../../src/runner/engine/asr-structs.ts";

declare const self: Worker;

export interface BusyLane {
  readonly libraryPath: string;
  readonly model: Pointer;
  readonly chunk: Chunk;
  readonly ended: Int32Array;
}

self.onmessage = ({ data }: MessageEvent<BusyLane>) => {
  using lane = new Lane(new EngineLibrary(data.libraryPath), data.model);
  self.postMessage("started");
  lane.decode(data.chunk);
  Atomics.store(data.ended, 0, 1);
  self.postMessage("ended");
};
