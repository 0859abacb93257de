/** Waits for a promise, but only for a limited time. */

/**
 * Returns the value of the promise. Returns null if the promise has not settled after `ms` milliseconds; a later
 * rejection is then ignored.
 */
export async function unlessLate<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
