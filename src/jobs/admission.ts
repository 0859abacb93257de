/**
 * Decides which requests are admitted. A request that may send its audio gets a ticket and an upload slot; when the audio
 * is here, a place in the queue (queue.ts). The queue has no order of its own.
 */
import { type AsrError, retryLater } from "../errors.ts";
import { Pace } from "./pace.ts";
import type { ModelEntry } from "./job.ts";
import type { Refusal } from "./places.ts";
import { Queue } from "./queue.ts";
import { type Stage, Ticket, type TicketOptions } from "./ticket.ts";
import { Uploads } from "./uploads.ts";

export interface AdmissionOptions {
  /** Lanes of each known model, by its id. */
  readonly lanes: () => ReadonlyMap<string, number>;
  /** Most transcriptions that wait for a lane. */
  readonly waitingMax: number;
  readonly uploadsMax: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

/** OpenAI's clients obey a `Retry-After` of up to a minute; with a longer one they retry sooner. */
const retryAfterSMax = 60;
/** Weight of the newest audio in the running mean of lengths. */
const newestWeight = 0.1;

export class Admission {
  readonly #now: () => number;
  readonly #pace: Pace;
  readonly #uploads: Uploads;
  readonly #queue: Queue;
  readonly #tickets = new Set<Ticket>();
  #meanAudioS = 10;

  constructor({ lanes, waitingMax, uploadsMax, now = () => performance.now() }: AdmissionOptions) {
    this.#now = now;
    this.#pace = new Pace(now);
    this.#uploads = new Uploads(uploadsMax, now);
    this.#queue = new Queue({ lanes, waitingMax, now });
  }

  /**
   * Admits a request, so that it may send its audio. Throws AsrError `server_busy` if no upload slot or no place in
   * the queue is free now, and `rate_limit_exceeded` if the client already has its share.
   */
  enter(request: Omit<TicketOptions, "now">): Ticket {
    this.#requirePlace(request.client, null);
    this.#uploads.requireSlot(request.client);
    const ticket = new Ticket({ ...request, now: this.#now });
    this.#tickets.add(ticket);
    this.#uploads.take(ticket);
    ticket.onStage((stage) => {
      if (stage === "working") this.#pace.begin();
      if (stage === "done") this.#leave(ticket);
    });
    return ticket;
  }

  /**
   * Call when the model is known, which may be before the upload ends. Throws the errors of `enter`, for example if
   * the queue of the model is full.
   */
  chooseModel(ticket: Ticket, model: Pick<ModelEntry, "id" | "backend">): void {
    ticket.chooseModel(model);
    this.#requirePlace(ticket.client, model.id);
  }

  /**
   * Call when the upload has ended. The ticket gives its upload slot back and gets a place in the queue. Throws the
   * errors of `enter`.
   */
  queue(ticket: Ticket): void {
    this.#uploads.finish(ticket);
    this.#requirePlace(ticket.client, ticket.model?.id ?? null);
    this.#queue.take(ticket);
    ticket.wait();
  }

  count(stage: Stage): number {
    return [...this.#tickets].filter((ticket) => ticket.stage === stage).length;
  }

  /** The measured speed, in seconds of audio per second. */
  get speed(): number {
    return this.#pace.speed;
  }

  /** When the transcriptions in the queue will be done, at the measured speed. */
  get retryAfterS(): number {
    const tickets = [...this.#queue.held];
    const audioS = tickets.reduce((sum, ticket) => sum + ticket.remainingS(this.#meanAudioS), 0);
    return Math.min(retryAfterSMax, Math.max(1, Math.ceil(audioS / this.#pace.speed)));
  }

  #requirePlace(client: string, model: string | null): void {
    const refusal = this.#queue.refusalOf(client, model);
    if (refusal === null) return;
    this.#queue.noteWaiting(client, this.retryAfterS);
    throw refusedPlace(refusal, this.retryAfterS);
  }

  #leave(ticket: Ticket): void {
    this.#tickets.delete(ticket);
    this.#uploads.release(ticket);
    this.#queue.release(ticket);
    if (ticket.secondsIn("working") !== null) this.#pace.end(ticket.heardS);
    // A file may claim any length, so only files that were transcribed to their end count.
    if (ticket.audioS !== null)
      this.#meanAudioS += (ticket.heardS - this.#meanAudioS) * newestWeight;
  }
}

// --- internal ---

function refusedPlace({ why, held, limit }: Refusal, retryAfterS: number): AsrError {
  const setting = "OPEN_ASR_SERVER_QUEUE_MAX";
  return why === "full"
    ? retryLater(
        "server_busy",
        `Server busy: ${held} transcriptions running or queued (limit: ${setting})`,
        retryAfterS,
      )
    : retryLater(
        "rate_limit_exceeded",
        `Too many transcriptions from one client: ${held} running or queued while other clients wait ` +
          `(its share of ${setting}: ${limit})`,
        retryAfterS,
      );
}
