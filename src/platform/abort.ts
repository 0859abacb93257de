/** Waiting that ends when nobody waits for its result any more. */
import { AsrError } from "../errors.ts";

/** Why a signal was aborted: the error it was given, else a client that left. */
export function abortError(signal: AbortSignal): AsrError {
  if (signal.reason instanceof AsrError) return signal.reason;
  return new AsrError("client_closed_request", "The client closed the connection");
}

/** What `promise` comes to, unless the signal is aborted first: then throws `abortError()`. */
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
