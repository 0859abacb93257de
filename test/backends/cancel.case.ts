/**
 * Checks that an engine can stop during its work. A cancel after a quarter of the normal time must end the work long
 * before its normal end.
 */
import { expect } from "bun:test";
import { AsrError } from "../../src/errors.ts";

/** Maximum number of attempts. Only one of them must succeed, because other processes may delay the work. */
const triesMax = 8;
/**
 * Fractions of the normal duration of the work: `cancelledAt` is the time of the cancel, `endedBy` is the latest
 * allowed end.
 */
const cancelledAt = 0.25;
const endedBy = 0.7;

/**
 * Expects that the work stops after a cancel. `later` does only the last part of the work. The duration of this part
 * does not count, so the work must stop before this part.
 */
export async function expectStops(
  work: (cancel: Int32Array) => void,
  later: () => void = () => undefined,
): Promise<void> {
  const first = { wholeMs: Number.POSITIVE_INFINITY, laterMs: Number.POSITIVE_INFINITY };
  // Keeps the shortest durations, because other processes may delay a measurement. With a duration that is too long,
  // even work that ran to its end would seem to have stopped early.
  const measured = (known: typeof first): typeof first => ({
    wholeMs: Math.min(
      known.wholeMs,
      leastMs(() => work(cancelFlag())),
    ),
    laterMs: Math.min(known.laterMs, leastMs(later)),
  });
  let durations = measured(first);
  let wholeMs = durations.wholeMs - durations.laterMs;
  const endedMs: number[] = [];
  for (let i = 0; i < triesMax; i++) {
    const ms = await endOfCancelled(wholeMs * cancelledAt, work);
    durations = measured(durations);
    wholeMs = durations.wholeMs - durations.laterMs;
    if (ms !== null) endedMs.push(ms);
    if (ms !== null && ms < wholeMs * endedBy) return;
  }
  const ends = endedMs.map((ms) => ms.toFixed(0)).join(", ");
  throw new Error(
    `expected work of ${wholeMs.toFixed(0)} ms to stop when it is cancelled after a quarter of it; it ended after ${ends} ms`,
  );
}

// --- internal ---

/**
 * Returns the shorter of two durations in milliseconds, because other processes may use the cores during one of them.
 */
function leastMs(work: () => void): number {
  return Math.min(
    ...[1, 2].map(() => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}

/**
 * Returns the milliseconds until the work stopped. Null if the cancel came before the start or after the end of the
 * work.
 */
async function endOfCancelled(
  afterMs: number,
  work: (cancel: Int32Array) => void,
): Promise<number | null> {
  const cancel = cancelFlag();
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

/** Sets the flag from another thread, because this thread is blocked in the engine. */
async function setFromAnotherThread(cancel: Int32Array, afterMs: number): Promise<AsyncDisposable> {
  const worker = new Worker(new URL("./set-later.worker.ts", import.meta.url));
  const started = new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
  });
  worker.postMessage({ cancel, afterMs });
  await started;
  return { [Symbol.asyncDispose]: async () => worker.terminate() };
}

function cancelFlag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
