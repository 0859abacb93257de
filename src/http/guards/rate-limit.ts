/**
 * Limits the number of requests per minute for each client. A client is identified by its API key or, without keys, by
 * its address.
 */
import { retryLater } from "../../errors.ts";

const windowMs = 60_000;
/**
 * Maximum number of clients whose requests are counted. When there is one more client, the client whose minute started
 * first is forgotten.
 */
const clientsMax = 10_000;

interface Window {
  readonly endMs: number;
  taken: number;
}

export class RateLimit {
  readonly #perMinuteMax: number;
  readonly #now: () => number;
  readonly #rule: string;
  /**
   * For each client, the start of its current minute and its number of requests in this minute. The order is the order
   * in which these minutes started.
   */
  readonly #windows = new Map<string, Window>();

  /**
   * `perMinuteMax` is the maximum number of requests per minute. 0 means unlimited. `rule` describes the limit in error
   * messages.
   */
  constructor(
    perMinuteMax: number,
    now: () => number = () => performance.now(),
    rule = `each client may send ${perMinuteMax} requests per minute (limit: OPEN_ASR_SERVER_RATE_LIMIT_PER_MINUTE)`,
  ) {
    this.#perMinuteMax = perMinuteMax;
    this.#now = now;
    this.#rule = rule;
  }

  /** Counts one request of a client. Throws AsrError `rate_limit_exceeded` when the client exceeds the limit. */
  take(client: string): void {
    this.require(client);
    if (this.#perMinuteMax > 0) this.#windowOf(client, this.#now()).taken++;
  }

  /**
   * Throws AsrError `rate_limit_exceeded` when the client has used up its limit. Does not count the call as a request.
   */
  require(client: string): void {
    if (this.#perMinuteMax === 0) return;
    const nowMs = this.#now();
    const window = this.#windows.get(client);
    if (window === undefined || window.endMs <= nowMs || window.taken < this.#perMinuteMax) return;
    throw retryLater(
      "rate_limit_exceeded",
      `Too many requests: ${this.#rule}`,
      (window.endMs - nowMs) / 1000,
    );
  }

  #windowOf(client: string, nowMs: number): Window {
    const known = this.#windows.get(client);
    if (known !== undefined && known.endMs > nowMs) return known;
    this.#windows.delete(client);
    for (const [name, { endMs }] of this.#windows) {
      if (endMs > nowMs && this.#windows.size < clientsMax) break;
      this.#windows.delete(name);
    }
    const fresh = { endMs: nowMs + windowMs, taken: 0 };
    this.#windows.set(client, fresh);
    return fresh;
  }
}
