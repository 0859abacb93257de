/**
 * Places in the queue. Each model runs as many transcriptions at once as it has lanes; the others wait, a limited number
 * over all models.
 */
import { Places, type Refusal } from "./places.ts";
import type { Ticket } from "./ticket.ts";

export interface QueueOptions {
  /** Lanes of each known model, by its id. */
  readonly lanes: () => ReadonlyMap<string, number>;
  /** Most transcriptions that wait for a lane. */
  readonly waitingMax: number;
  readonly now?: () => number;
}

export class Queue {
  readonly #options: QueueOptions;
  readonly #places: Places;

  constructor(options: QueueOptions) {
    const { lanes, waitingMax, now } = options;
    this.#options = options;
    const capacity = () => [...lanes().values()].reduce((sum, count) => sum + count, waitingMax);
    this.#places = new Places(capacity, { now });
  }

  get held(): ReadonlySet<Ticket> {
    return this.#places.held;
  }

  /**
   * The reason why a client may not get another place for this model; null if it may. If the model is unknown (null),
   * the queue is full only if it is full for every known model.
   */
  refusalOf(client: string, model: string | null): Refusal | null {
    return this.#places.refusalOf(client, this.#isFull(model));
  }

  noteWaiting(client: string, retryAfterS: number): void {
    this.#places.noteWaiting(client, retryAfterS);
  }

  take(ticket: Ticket): void {
    this.#places.take(ticket);
  }

  release(ticket: Ticket): void {
    this.#places.release(ticket);
  }

  #isFull(model: string | null): boolean {
    const lanes = this.#options.lanes();
    const spare = new Map(lanes);
    for (const ticket of this.#places.held) {
      const id = ticket.model?.id ?? "";
      spare.set(id, (spare.get(id) ?? 0) - 1);
    }
    const waiting = [...spare.values()].reduce((sum, count) => sum + Math.max(0, -count), 0);
    if (waiting < this.#options.waitingMax) return false;
    const counts = model === null ? [...spare.values()] : [spare.get(model) ?? 0];
    return counts.every((count) => count <= 0);
  }
}
