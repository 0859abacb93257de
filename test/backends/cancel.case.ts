/** That an engine stops inside its work: a chunk cancelled a quarter of its way ends long before it would have. */
import { expect } from "bun:test";
import { AsrError } from "../../src/errors.ts";

/** Other work may hold it up: it is tried a few times, and has to succeed once. */
const triesMax = 5;
/** Of the time that the work takes: when it is cancelled, and until when it must have ended. */
const cancelledAt = 0.25;
const endedBy = 0.7;

/** What `work` does in its last `laterMs` is not looked at: it has to stop before. */
export async function expectStops(work: (cancel: Int32Array) => void, laterMs = 0): Promise<void> {
  const whole = (): number => leastMs(() => work(cancelWord())) - laterMs;
  let wholeMs = whole();
  const endedMs: number[] = [];
  for (let i = 0; i < triesMax; i++) {
    const ms = await endOfCancelled(wholeMs * cancelledAt, work);
    // Measured again: had it been held up before, it would seem to have been stopped now.
    wholeMs = Math.min(wholeMs, whole());
    if (ms !== null) endedMs.push(ms);
    if (ms !== null && ms < wholeMs * endedBy) return;
  }
  const ends = endedMs.map((ms) => ms.toFixed(0)).join(", ");
  throw new Error(
    `expected work of ${wholeMs.toFixed(0)} ms to stop when it is cancelled after a quarter of it; it ended after ${ends} ms`,
  );
}

/** The lesser of two measurements, in milliseconds: other work may take the cores for a while. */
export function leastMs(work: () => void): number {
  return Math.min(
    ...[1, 2].map(() => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}

// --- internal ---

/** How long it took until it was stopped, in milliseconds; null: the word was set before it began, or after it ended. */
async function endOfCancelled(
  afterMs: number,
  work: (cancel: Int32Array) => void,
): Promise<number | null> {
  const cancel = cancelWord();
  await using _canceller = await setFromAnotherThread(cancel, afterMs);
  if (Atomics.load(cancel, 0) !== 0) return null;
  const start = performance.now();
  try {
    work(cancel);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(AsrError);
    expect((error as AsrError).code).toBe("client_closed_request");
    return performance.now() - start;
  }
}

/** The calling thread is about to block in the engine: only another one can set the word. */
async function setFromAnotherThread(cancel: Int32Array, afterMs: number): Promise<AsyncDisposable> {
  const worker = new Worker(new URL("./set-later.worker.ts", import.meta.url));
  const started = new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
  });
  worker.postMessage({ cancel, afterMs });
  await started;
  return { [Symbol.asyncDispose]: async () => worker.terminate() };
}

function cancelWord(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
