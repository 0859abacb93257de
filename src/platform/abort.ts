/** Waits for a promise, but stops waiting when a signal is aborted. */
import { AsrError } from "../errors.ts";

/**
 * Returns the error for an aborted signal: the abort reason if it is an AsrError, otherwise "The client closed the
 * connection".
 */
export function abortError(signal: AbortSignal): AsrError {
  if (signal.reason instanceof AsrError) return signal.reason;
  return new AsrError("client_closed_request", "The client closed the connection");
}

/** A signal that is never aborted. */
export const neverAborted = new AbortController().signal;

/** Returns the result of `promise`. Throws `abortError()` if the signal is aborted first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw abortError(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortError(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
