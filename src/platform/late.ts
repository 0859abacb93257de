/** Waits for a promise, but stops waiting after a limited time. */

/**
 * Returns the value of the promise, or null if the promise has not settled after `ms` milliseconds. If the promise is
 * rejected later, ignores the rejection.
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
