/**
 * Checks that an engine can stop during its work. A cancel after a quarter of the normal time must end the work long
 * before its normal end.
 */
import { expect } from "bun:test";
import { AsrError } from "../../src/errors.ts";

/** Maximum number of attempts. Other processes may delay an attempt, so one successful attempt is enough. */
const triesMax = 8;
/**
 * Fractions of the normal duration of the work. `cancelledAt` is the time of the cancel. `endedBy` is the latest time
 * at which the cancelled work may end.
 */
const cancelledAt = 0.25;
const endedBy = 0.7;

/**
 * Expects that the work stops after a cancel. The last part of the work does not count, because the work must stop
 * before this part. `later` does only the last part, so that its duration can be measured and subtracted.
 */
export async function expectStops(
  work: (cancel: Int32Array) => void,
  later: () => void = () => undefined,
): Promise<void> {
  const first = { wholeMs: Number.POSITIVE_INFINITY, laterMs: Number.POSITIVE_INFINITY };
  // Keeps the shortest durations, because other processes may delay a measurement. If the measured duration of the
  // whole work were too long, the test would also accept work that did not stop.
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

/** Sets the flag after a delay from another thread, because this thread will be blocked in the engine. */
export async function setFromAnotherThread(
  cancel: Int32Array,
  afterMs: number,
): Promise<AsyncDisposable> {
  const worker = new Worker(new URL("./set-later.worker.ts", import.meta.url));
  const started = new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
  });
  worker.postMessage({ cancel, afterMs });
  await started;
  return { [Symbol.asyncDispose]: async () => worker.terminate() };
}

// --- internal ---

/** Runs the work twice, and returns the shorter duration in milliseconds. Other processes may have delayed one run. */
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
 * Returns the time in milliseconds from the start of the work until the cancel stopped it. Null if the cancel came
 * before the start or after the end of the work.
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

function cancelFlag(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}
