/**
 * Manages the slots in the queue. A transcription holds its slot while it waits and while it runs. Each model runs as
 * many transcriptions concurrently as it has lanes. The number of waiting transcriptions, summed over all models, is
 * limited.
 */
import { Slots, type Refusal } from "./slots.ts";
import type { Ticket } from "./ticket.ts";

export interface QueueOptions {
  /** Number of lanes of each known model, by model id. */
  readonly lanes: () => ReadonlyMap<string, number>;
  /** Maximum number of transcriptions that wait for a free lane. */
  readonly waitingMax: number;
  readonly now?: () => number;
}

export class Queue {
  readonly #options: QueueOptions;
  readonly #slots: Slots;
  /**
   * Transcriptions whose clients have left but may return, the oldest first, with the functions that stop them. They
   * hold no slot: they do not count when another request is admitted, and they are stopped when it needs their room.
   */
  readonly #abandoned = new Map<Ticket, () => void>();

  constructor(options: QueueOptions) {
    const { lanes, waitingMax, now } = options;
    this.#options = options;
    const capacity = () => [...lanes().values()].reduce((sum, count) => sum + count, waitingMax);
    this.#slots = new Slots(capacity, { now });
  }

  get held(): ReadonlySet<Ticket> {
    return this.#slots.held;
  }

  /**
   * Returns the reason why a client may not get another slot for this model, or null when it may. When `model` is null,
   * the model is unknown. The queue then counts as full only if it is full for every known model.
   */
  refusalOf(client: string, model: string | null): Refusal | null {
    return this.#slots.refusalOf(client, this.#isFull(model, this.#slots.held));
  }

  noteWaiting(client: string, retryAfterS: number): void {
    this.#slots.noteWaiting(client, retryAfterS);
  }

  /** Gives the ticket a slot. Stops abandoned transcriptions if there is not enough room for them and the ticket. */
  take(ticket: Ticket): void {
    for (const [abandoned, stop] of this.#abandoned) {
      const running = [...this.#slots.held, ...this.#abandoned.keys()];
      if (!this.#isFull(ticket.model?.id ?? null, running)) break;
      this.#abandoned.delete(abandoned);
      stop();
    }
    this.#slots.take(ticket);
  }

  release(ticket: Ticket): void {
    this.#abandoned.delete(ticket);
    this.#slots.release(ticket);
  }

  /**
   * Takes the slot of a ticket whose client has left. The queue calls `stop` when another request needs the room of its
   * transcription.
   */
  abandon(ticket: Ticket, stop: () => void): void {
    if (!this.#slots.held.has(ticket)) return;
    this.#slots.release(ticket);
    this.#abandoned.set(ticket, stop);
  }

  /** Returns its slot to a ticket whose client has returned. There is room for it, because it was not stopped. */
  rejoin(ticket: Ticket): void {
    if (this.#abandoned.delete(ticket)) this.#slots.take(ticket);
  }

  /** Returns whether the queue has no slot for this model when `tickets` hold a slot each. */
  #isFull(model: string | null, tickets: Iterable<Ticket>): boolean {
    const lanes = this.#options.lanes();
    const spare = new Map(lanes);
    for (const ticket of tickets) {
      const id = ticket.model?.id ?? "";
      spare.set(id, (spare.get(id) ?? 0) - 1);
    }
    const waiting = [...spare.values()].reduce((sum, count) => sum + Math.max(0, -count), 0);
    if (waiting < this.#options.waitingMax) return false;
    const counts = model === null ? [...spare.values()] : [spare.get(model) ?? 0];
    return counts.every((count) => count <= 0);
  }
}
