/** Repeats a request that failed for a reason that may pass. */
import { setTimeout as sleep } from "node:timers/promises";
import { abortError } from "../../platform/abort.ts";

/** A failure that may not happen again: a lost connection, a busy server. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** Seconds that the server asked to wait (Retry-After); null when it did not ask. */
  readonly retryAfterS: number | null;

  constructor(message: string, options: { retryAfterS?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterS = options.retryAfterS ?? null;
  }
}

interface Retries {
  /** The wait before the first repetition; it doubles with each failure. */
  readonly backOffMs: number;
  readonly signal: AbortSignal;
  /** A growing number, such as bytes received. An attempt that increased it does not count as a failure. */
  readonly progress?: () => number;
}

/** Throws the last TransientError after five failures in a row, any other error at once. */
export async function withRetries<T>(attempt: () => Promise<T>, retries: Retries): Promise<T> {
  const { backOffMs, signal, progress = () => 0 } = retries;
  for (let failures = 0; ;) {
    const before = progress();
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) throw abortError(signal);
      if (!(error instanceof TransientError)) throw error;
      failures = progress() > before ? 1 : failures + 1;
      if (failures >= failuresMax) throw error;
      const askedMs = Math.min(error.retryAfterS ?? 0, retryAfterSMax) * 1000;
      await pause(Math.max(askedMs, backOffMs * 2 ** (failures - 1)), signal);
    }
  }
}

/** Returns after `ms`; throws `abortError()` when the signal aborts before that. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw abortError(signal);
  }
}

// --- internal ---

const failuresMax = 5;

/** A hub that asks for a longer wait does not get more than this. */
const retryAfterSMax = 120;
