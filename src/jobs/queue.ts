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
   * Transcriptions whose clients have disconnected but may send a retry, the oldest first. Each value is the function
   * that stops the transcription. These transcriptions hold no slot, so they do not prevent the admission of a new
   * request. If the new request needs a slot, the queue stops such transcriptions.
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
   * Returns the reason why a client may not get one more slot for this model. Null when the client may get one. If
   * `model` is null, the model is not known yet. In this case, the queue counts as full only if it is full for every
   * known model.
   */
  refusalOf(client: string, model: string | null): Refusal | null {
    return this.#slots.refusalOf(client, this.#isFull(model, this.#slots.held));
  }

  noteWaiting(client: string, retryAfterS: number): void {
    this.#slots.noteWaiting(client, retryAfterS);
  }

  /** Gives the ticket a slot. First stops abandoned transcriptions until the queue has a slot for the ticket. */
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
   * Releases the slot of a ticket whose client has disconnected but may send a retry. The queue calls `stop` when
   * another request needs the slot.
   */
  abandon(ticket: Ticket, stop: () => void): void {
    if (!this.#slots.held.has(ticket)) return;
    this.#slots.release(ticket);
    this.#abandoned.set(ticket, stop);
  }

  /**
   * Gives the ticket a slot again, because a retry of its client has joined. There is always a free slot: if another
   * request had taken the slot, the queue would have stopped the transcription.
   */
  rejoin(ticket: Ticket): void {
    if (this.#abandoned.delete(ticket)) this.#slots.take(ticket);
  }

  /** Returns whether the queue has no free slot for this model if each of `tickets` holds one slot. */
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
