/**
 * Decides which transcription requests are admitted. An admitted request gets a ticket and an upload slot. When the
 * upload is complete, the request gives back the upload slot and gets a slot in the queue. The order in which the
 * queued jobs run is not decided here, but by the runner.
 */
import { type AsrError, retryLater } from "../errors.ts";
import { finishTime, finishTimes, type QueueState } from "./finish-time.ts";
import { Pace } from "./pace.ts";
import type { ModelEntry } from "./job.ts";
import type { Refusal } from "./slots.ts";
import { Queue } from "./queue.ts";
import { type Stage, Ticket, type TicketOptions } from "./ticket.ts";
import { Uploads } from "./uploads.ts";

export interface AdmissionOptions {
  /** Number of lanes of each known model, by model id. */
  readonly lanes: () => ReadonlyMap<string, number>;
  /** Maximum number of transcriptions that wait for a free lane. */
  readonly waitingMax: number;
  readonly uploadsMax: number;
  /** Time of a monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/**
 * Maximum Retry-After time in seconds. OpenAI's clients obey a time of up to one minute. They ignore a longer time and
 * retry sooner.
 */
const retryAfterSMax = 60;
/** Weight of the newest file in the moving average of audio lengths, between 0 and 1. */
const newestWeight = 0.1;

export class Admission {
  readonly #now: () => number;
  readonly #pace: Pace;
  readonly #uploads: Uploads;
  readonly #queue: Queue;
  readonly #tickets = new Set<Ticket>();
  /** Abandoned transcriptions that wait for their model and are not in the queue yet, with the functions that stop them. */
  readonly #abandonedEarly = new Map<Ticket, () => void>();
  #meanAudioS = 10;

  constructor({ lanes, waitingMax, uploadsMax, now = () => performance.now() }: AdmissionOptions) {
    this.#now = now;
    this.#pace = new Pace(now);
    this.#uploads = new Uploads(uploadsMax, now);
    this.#queue = new Queue({ lanes, waitingMax, now });
  }

  /**
   * Admits a request, so that the client may upload its audio. Throws AsrError `server_busy` when no upload slot is
   * free or the queue is full. Throws `rate_limit_exceeded` when the client already holds its share of the slots and
   * another client waits.
   */
  enter(request: Omit<TicketOptions, "now">): Ticket {
    this.#requireSlot(request.client, null);
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
   * Records the model of a request. Call this function as soon as the model is known, even before the upload ends.
   * Throws the same errors as `enter`, for example when the queue of the model is full.
   */
  chooseModel(ticket: Ticket, model: Pick<ModelEntry, "id" | "backend">): void {
    ticket.chooseModel(model);
    this.#requireSlot(ticket.client, model.id);
  }

  /**
   * Moves a ticket from its upload slot to a slot in the queue. Call this function when the upload has ended. Throws
   * the same errors as `enter`.
   */
  queue(ticket: Ticket): void {
    this.#uploads.finish(ticket);
    this.#requireSlot(ticket.client, ticket.model?.id ?? null);
    this.#queue.take(ticket);
    ticket.wait();
    const stop = this.#abandonedEarly.get(ticket);
    if (stop !== undefined) this.abandon(ticket, stop);
  }

  /**
   * Call this when the client of a transcription has disconnected but may send a retry. The transcription continues but
   * gives back its slot in the queue, or takes none. If another request then needs the slot, the queue calls `stop`.
   */
  abandon(ticket: Ticket, stop: () => void): void {
    if (ticket.stage === "uploading") this.#abandonedEarly.set(ticket, stop);
    else this.#queue.abandon(ticket, stop);
  }

  /** Call this when a retry of the client has joined an abandoned transcription. */
  rejoin(ticket: Ticket): void {
    this.#abandonedEarly.delete(ticket);
    this.#queue.rejoin(ticket);
  }

  count(stage: Stage): number {
    return [...this.#tickets].filter((ticket) => ticket.stage === stage).length;
  }

  /** Measured speed, in seconds of audio per second of busy time. Assumed before the first measurement. */
  get speed(): number {
    return this.#pace.speed;
  }

  /** Measured speed, in seconds of audio per second of busy time. Null before the first measurement. */
  get measuredSpeed(): number | null {
    return this.#pace.isMeasured ? this.#pace.speed : null;
  }

  /** Estimated times in seconds until the first and the last of the transcriptions in the queue end. 0 without any. */
  get finishTimes(): { readonly first: number; readonly last: number } {
    return finishTimes(this.#state);
  }

  /**
   * Returns the estimated time in seconds until a transcription in the queue ends. Null before the first measurement of
   * the speed, and for a transcription outside of the queue.
   */
  finishTimeOf(ticket: Ticket): number | null {
    const isKnown = this.#pace.isMeasured && this.#queue.held.has(ticket);
    return isKnown ? finishTime(ticket, this.#state) : null;
  }

  /** Estimated time in seconds until all transcriptions in the queue are done. At least 1, at most 60. */
  get retryAfterS(): number {
    return Math.min(retryAfterSMax, Math.max(1, Math.ceil(this.finishTimes.last)));
  }

  get #state(): QueueState {
    return {
      tickets: this.#queue.held,
      speed: this.#pace.speed,
      meanAudioS: this.#meanAudioS,
    };
  }

  #requireSlot(client: string, model: string | null): void {
    const refusal = this.#queue.refusalOf(client, model);
    if (refusal === null) return;
    this.#queue.noteWaiting(client, this.retryAfterS);
    throw queueRefusal(refusal, this.retryAfterS);
  }

  #leave(ticket: Ticket): void {
    this.#tickets.delete(ticket);
    this.#abandonedEarly.delete(ticket);
    this.#uploads.release(ticket);
    this.#queue.release(ticket);
    if (ticket.secondsIn("working") !== null) this.#pace.end(ticket.processedS);
    // Only files that were transcribed completely count for the average length, because the length in the header of a
    // file may be wrong.
    if (ticket.audioS !== null)
      this.#meanAudioS += (ticket.processedS - this.#meanAudioS) * newestWeight;
  }
}

// --- internal ---

function queueRefusal({ why, held, limit }: Refusal, retryAfterS: number): AsrError {
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
