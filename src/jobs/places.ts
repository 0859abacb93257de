/**
 * Places that tickets hold: so many, and no more for one client than its share while other clients wait. A client
 * waits from the refusal of its request until it was told to retry. As long as nobody waits, one client may have
 * every place; then its next requests are refused until its places are down to its share, and running ones go on.
 */
import type { Ticket } from "./ticket.ts";

export interface Refusal {
  readonly why: "full" | "share";
  /** Places taken: all of them, or those of the client. */
  readonly held: number;
  /** Places that there are, or the client's share of them. */
  readonly limit: number;
}

/** How much later than told a client may retry. */
const lateMs = 10_000;
/** Waiting clients that are remembered; of more, the one that was refused first is forgotten. */
const waitingMax = 1000;

export class Places {
  readonly #capacity: () => number;
  readonly #now: () => number;
  readonly #held = new Set<Ticket>();
  /** How many of them each client has. */
  readonly #counts = new Map<string, number>();
  /** By client: when it does not wait any more. */
  readonly #waiting = new Map<string, number>();

  constructor(capacity: () => number, now: () => number = () => performance.now()) {
    this.#capacity = capacity;
    this.#now = now;
  }

  get held(): ReadonlySet<Ticket> {
    return this.#held;
  }

  /** Why a client may not have one more place; null when it may. */
  refusalOf(client: string, isFull = this.#held.size >= this.#capacity()): Refusal | null {
    const held = this.heldBy(client);
    const share = this.shareOf(client);
    if (held >= share && this.#othersWait(client)) return { why: "share", held, limit: share };
    return isFull ? { why: "full", held: this.#held.size, limit: this.#capacity() } : null;
  }

  /** The client was refused and told to retry after `retryAfterS`: it waits if it has less than its share. */
  noteWaiting(client: string, retryAfterS: number): void {
    if (this.heldBy(client) >= this.shareOf(client)) return;
    this.#waiting.delete(client);
    this.#waiting.set(client, this.#now() + retryAfterS * 1000 + lateMs);
    const [first] = this.#waiting.keys();
    if (this.#waiting.size > waitingMax && first !== undefined) this.#waiting.delete(first);
  }

  take(ticket: Ticket): void {
    this.#waiting.delete(ticket.client);
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

  /** An equal part of the places for every client that has one or waits. */
  shareOf(client: string): number {
    this.#forgetLate();
    const clients = new Set([client, ...this.#counts.keys(), ...this.#waiting.keys()]);
    return Math.max(1, Math.floor(this.#capacity() / clients.size));
  }

  #othersWait(client: string): boolean {
    this.#forgetLate();
    return this.#waiting.size > (this.#waiting.has(client) ? 1 : 0);
  }

  #forgetLate(): void {
    const nowMs = this.#now();
    for (const [client, untilMs] of this.#waiting) {
      if (untilMs <= nowMs) this.#waiting.delete(client);
    }
  }
}
