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
   * Returns the reason why a client may not get another slot for this model, or null when it may get one. When `model`
   * is null, the model is unknown. The queue then counts as full only if it is full for every known model.
   */
  refusalOf(client: string, model: string | null): Refusal | null {
    return this.#slots.refusalOf(client, this.#isFull(model));
  }

  noteWaiting(client: string, retryAfterS: number): void {
    this.#slots.noteWaiting(client, retryAfterS);
  }

  take(ticket: Ticket): void {
    this.#slots.take(ticket);
  }

  release(ticket: Ticket): void {
    this.#slots.release(ticket);
  }

  #isFull(model: string | null): boolean {
    const lanes = this.#options.lanes();
    const spare = new Map(lanes);
    for (const ticket of this.#slots.held) {
      const id = ticket.model?.id ?? "";
      spare.set(id, (spare.get(id) ?? 0) - 1);
    }
    const waiting = [...spare.values()].reduce((sum, count) => sum + Math.max(0, -count), 0);
    if (waiting < this.#options.waitingMax) return false;
    const counts = model === null ? [...spare.values()] : [spare.get(model) ?? 0];
    return counts.every((count) => count <= 0);
  }
}
