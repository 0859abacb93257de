/**
 * Assigns slots to tickets. The number of slots is limited, and clients share them. The upload slots and the queue use
 * this class.
 *
 * While no other client waits, one client may hold all slots. While another client waits, a client cannot get more
 * slots than its share. A ticket that already has a slot keeps it.
 *
 * If a request of a client is rejected, the client counts as waiting until it gets a slot, or until shortly after its
 * retry time. When a waiting client gets a slot, one more slot stays reserved for this client for a while. Without the
 * reservation, the clients that held all slots before would immediately take every free slot again.
 */
import type { Ticket } from "./ticket.ts";

export interface Refusal {
  readonly why: "full" | "share";
  /** Number of slots in use: by all clients when `why` is "full", by this client when `why` is "share". */
  readonly held: number;
  /** Total number of slots when `why` is "full". Number of slots in the share of this client when `why` is "share". */
  readonly limit: number;
}

/**
 * Time in milliseconds that a client still counts as waiting after its retry time. Clients do not retry at the exact
 * time.
 */
const lateMs = 10_000;
/**
 * Maximum number of waiting clients, and maximum number of clients with a reservation, that are stored. When a maximum
 * is exceeded, the oldest client is removed.
 */
const clientsMax = 1000;

export interface SlotsOptions {
  /** Duration of the reservation for a client that waited, in milliseconds. 0 means no reservations. */
  readonly reservedMs?: number;
  readonly now?: (() => number) | undefined;
}

export class Slots {
  readonly #capacity: () => number;
  readonly #now: () => number;
  readonly #held = new Set<Ticket>();
  /** Number of slots that each client holds. */
  readonly #counts = new Map<string, number>();
  /** Time until which each waiting client counts as waiting, in milliseconds. */
  readonly #waiting = new Map<string, number>();
  /** Time until which each client has a reservation, in milliseconds. */
  readonly #reserved = new Map<string, number>();
  readonly #reservedMs: number;

  constructor(
    capacity: () => number,
    { reservedMs = 0, now = () => performance.now() }: SlotsOptions = {},
  ) {
    this.#capacity = capacity;
    this.#reservedMs = reservedMs;
    this.#now = now;
  }

  get held(): ReadonlySet<Ticket> {
    return this.#held;
  }

  /** Returns the reason why a client may not get one more slot, or null when it may get one. */
  refusalOf(client: string, isFull = this.#held.size >= this.#capacity()): Refusal | null {
    const held = this.heldBy(client);
    const share = this.shareOf(client);
    if (held >= share && (this.#othersWait(client) || this.#othersReservedTheRest(client)))
      return { why: "share", held, limit: share };
    return isFull ? { why: "full", held: this.#held.size, limit: this.#capacity() } : null;
  }

  /**
   * Call this after a request was rejected. `retryAfterS` is the retry time that the client received. If the client
   * holds fewer slots than its share, it then counts as waiting.
   */
  noteWaiting(client: string, retryAfterS: number): void {
    if (this.heldBy(client) >= this.shareOf(client)) return;
    remember(this.#waiting, client, this.#now() + retryAfterS * 1000 + lateMs);
  }

  take(ticket: Ticket): void {
    const waited = this.#waiting.delete(ticket.client);
    if (waited && this.#reservedMs > 0)
      remember(this.#reserved, ticket.client, this.#now() + this.#reservedMs);
    this.#held.add(ticket);
    this.#counts.set(ticket.client, this.heldBy(ticket.client) + 1);
  }

  /** Releases the slot of the ticket. Does nothing when the ticket has no slot. */
  release(ticket: Ticket): void {
    if (!this.#held.delete(ticket)) return;
    const left = this.heldBy(ticket.client) - 1;
    if (left > 0) this.#counts.set(ticket.client, left);
    else this.#counts.delete(ticket.client);
  }

  heldBy(client: string): number {
    return this.#counts.get(client) ?? 0;
  }

  /**
   * Returns the number of slots to which the client is entitled. All clients that have a slot, wait, or have a
   * reservation share the slots equally.
   */
  shareOf(client: string): number {
    this.#removeExpired();
    const clients = new Set([
      client,
      ...this.#counts.keys(),
      ...this.#waiting.keys(),
      ...this.#reserved.keys(),
    ]);
    return Math.max(1, Math.floor(this.#capacity() / clients.size));
  }

  #othersWait(client: string): boolean {
    this.#removeExpired();
    return this.#waiting.size > (this.#waiting.has(client) ? 1 : 0);
  }

  /** Returns whether every free slot is reserved for another client. */
  #othersReservedTheRest(client: string): boolean {
    this.#removeExpired();
    const reserved = this.#reserved.size - (this.#reserved.has(client) ? 1 : 0);
    return reserved > 0 && this.#held.size + reserved >= this.#capacity();
  }

  #removeExpired(): void {
    const nowMs = this.#now();
    for (const remembered of [this.#waiting, this.#reserved]) {
      for (const [client, untilMs] of remembered) {
        if (untilMs <= nowMs) remembered.delete(client);
      }
    }
  }
}

// --- internal ---

/** Adds the client as the newest entry of the map. When the map has too many entries, removes the oldest entry. */
function remember(clients: Map<string, number>, client: string, untilMs: number): void {
  clients.delete(client);
  clients.set(client, untilMs);
  const [oldest] = clients.keys();
  if (clients.size > clientsMax && oldest !== undefined) clients.delete(oldest);
}
