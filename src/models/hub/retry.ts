/** Repeats a request that failed for a reason that may be temporary. */
import { setTimeout as sleep } from "node:timers/promises";
import { abortError } from "../../platform/abort.ts";

/** A failure that may be temporary, for example a lost connection or a busy server. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** Waiting time in seconds that the server requested with the header Retry-After. Null when the header is missing. */
  readonly retryAfterS: number | null;

  constructor(message: string, options: { retryAfterS?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterS = options.retryAfterS ?? null;
  }
}

interface Retries {
  /** Time in milliseconds before the first repetition. The time doubles with each further failure. */
  readonly backOffMs: number;
  readonly signal: AbortSignal;
  /**
   * Returns a measure of the progress, for example the number of received bytes. If the number has increased during an
   * attempt, failures before this attempt are no longer counted.
   */
  readonly progress?: () => number;
}

/**
 * Calls `attempt` until it succeeds. After five successive failures without progress, throws the last TransientError.
 * Throws any other error immediately.
 */
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

/** Waits `ms` milliseconds. Throws `abortError()` when the signal is aborted before that. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw abortError(signal);
  }
}

// --- internal ---

const failuresMax = 5;

/** Maximum waiting time in seconds. It applies even when the hub asks for a longer time. */
const retryAfterSMax = 120;
