/** Sets a cancel flag in shared memory after a delay, in a thread of its own. */

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<{ cancel: Int32Array; afterMs: number }>) => {
  self.postMessage("started");
  setTimeout(() => Atomics.store(data.cancel, 0, 1), data.afterMs);
};
