/**
 * Places that tickets hold: so many, and no more for one client than its share while other clients wait. A client
 * waits from the refusal of its request until it was told to retry. As long as nobody waits, one client may have
 * every place; then its next requests are refused until its places are down to its share, and running ones go on.
 * A client that waited keeps a claim to one more place for a while after it was served: without it, the clients that
 * made it wait would take every place again at once.
 */
import type { Ticket } from "./ticket.ts";

export interface Refusal {
  readonly why: "full" | "share";
  /** Number of places in use: by all clients (`full`) or by this client (`share`). */
  readonly held: number;
  /** Number of all places (`full`), or the share of this client (`share`). */
  readonly limit: number;
}

/** A client may retry this much later than the given time; until then it counts as waiting. */
const lateMs = 10_000;
/** Clients that are remembered as waiting, and as many that have a claim; of more, the oldest is forgotten. */
const waitingMax = 1000;

export interface PlacesOptions {
  /** Milliseconds for which a client that waited keeps its claim after it was served. */
  readonly claimMs?: number;
  readonly now?: (() => number) | undefined;
}

export class Places {
  readonly #capacity: () => number;
  readonly #now: () => number;
  readonly #held = new Set<Ticket>();
  /** Number of places that each client holds. */
  readonly #counts = new Map<string, number>();
  /** For each waiting client, the time at which it stops waiting. */
  readonly #waiting = new Map<string, number>();
  /** By client that waited and was served: when its claim ends. */
  readonly #claims = new Map<string, number>();
  readonly #claimMs: number;

  constructor(
    capacity: () => number,
    { claimMs = 0, now = () => performance.now() }: PlacesOptions = {},
  ) {
    this.#capacity = capacity;
    this.#claimMs = claimMs;
    this.#now = now;
  }

  get held(): ReadonlySet<Ticket> {
    return this.#held;
  }

  /** Why a client may not have one more place; null when it may. */
  refusalOf(client: string, isFull = this.#held.size >= this.#capacity()): Refusal | null {
    const held = this.heldBy(client);
    const share = this.shareOf(client);
    if (held >= share && (this.#othersWait(client) || this.#othersClaimTheRest(client)))
      return { why: "share", held, limit: share };
    return isFull ? { why: "full", held: this.#held.size, limit: this.#capacity() } : null;
  }

  /**
   * Call after the rejection of a request, with the retry time that the client got. The client then counts as
   * waiting, if it holds less than its share.
   */
  noteWaiting(client: string, retryAfterS: number): void {
    if (this.heldBy(client) >= this.shareOf(client)) return;
    remember(this.#waiting, client, this.#now() + retryAfterS * 1000 + lateMs);
  }

  take(ticket: Ticket): void {
    const waited = this.#waiting.delete(ticket.client);
    if (waited && this.#claimMs > 0)
      remember(this.#claims, ticket.client, this.#now() + this.#claimMs);
    this.#held.add(ticket);
    this.#counts.set(ticket.client, this.heldBy(ticket.client) + 1);
  }

  /** Does nothing when the ticket has no place. */
  release(ticket: Ticket): void {
    if (!this.#held.delete(ticket)) return;
    const left = this.heldBy(ticket.client) - 1;
    if (left > 0) this.#counts.set(ticket.client, left);
    else this.#counts.delete(ticket.client);
  }

  heldBy(client: string): number {
    return this.#counts.get(client) ?? 0;
  }

  /** An equal part of the places for every client that has one, waits, or has a claim. */
  shareOf(client: string): number {
    this.#forgetLate();
    const clients = new Set([
      client,
      ...this.#counts.keys(),
      ...this.#waiting.keys(),
      ...this.#claims.keys(),
    ]);
    return Math.max(1, Math.floor(this.#capacity() / clients.size));
  }

  #othersWait(client: string): boolean {
    this.#forgetLate();
    return this.#waiting.size > (this.#waiting.has(client) ? 1 : 0);
  }

  /** Whether the free places are no more than the claims of other clients. */
  #othersClaimTheRest(client: string): boolean {
    this.#forgetLate();
    const claims = this.#claims.size - (this.#claims.has(client) ? 1 : 0);
    return claims > 0 && this.#held.size + claims >= this.#capacity();
  }

  #forgetLate(): void {
    const nowMs = this.#now();
    for (const remembered of [this.#waiting, this.#claims]) {
      for (const [client, untilMs] of remembered) {
        if (untilMs <= nowMs) remembered.delete(client);
      }
    }
  }
}

// --- internal ---

/** Makes the client the newest of those remembered. */
function remember(clients: Map<string, number>, client: string, untilMs: number): void {
  clients.delete(client);
  clients.set(client, untilMs);
  const [first] = clients.keys();
  if (clients.size > waitingMax && first !== undefined) clients.delete(first);
}
