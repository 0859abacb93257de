/**
 * Uploads in progress: a limited number, apart from the queue, so that a slow upload keeps no lane idle. When all slots
 * are in use, a newcomer gets the slot of an upload that is far slower than usual. As long as a slot is free, nothing is
 * dropped; and when all clients are slow, as phones on a bad line, none of them is slower than usual.
 */
import { type AsrError, retryLater } from "../errors.ts";
import { Places, type Refusal } from "./places.ts";
import type { Ticket } from "./ticket.ts";

/** Part of the usual rate under which an upload is slow. */
const slowPart = 0.1;
/** Bytes a second from which on no upload is slow: twice what uncompressed speech at 16 kHz needs. */
const fastRate = 64 * 1024;
/** A younger upload is not judged: it has hardly begun. */
const judgedAfterS = 10;
/** The rate that is usual before uploads have finished: a slow DSL line's. It counts as so many uploads. */
const guess = { rate: 128 * 1024, uploads: 8 };
/** Finished uploads of which the usual rate is the median. */
const finishedMax = 64;
/** A smaller upload comes in a few packets: its rate says nothing. */
const tellingBytes = 64 * 1024;
/** When a refused client should retry: most uploads take less. */
const retryAfterS = 5;

export class Uploads {
  readonly #places: Places;
  /** Bytes a second, the newest last. */
  readonly #finishedRates: number[] = Array.from({ length: guess.uploads }, () => guess.rate);

  constructor(uploadsMax: number, now?: () => number) {
    this.#places = new Places(() => uploadsMax, now);
  }

  /** Throws AsrError `server_busy` or `rate_limit_exceeded` when the client may not begin one more upload. */
  requireSlot(client: string): void {
    const refusal = this.#places.refusalOf(client);
    if (refusal === null || (refusal.why === "full" && this.#dropSlowUpload(client))) return;
    this.#places.noteWaiting(client, retryAfterS);
    throw refusedUpload(refusal);
  }

  take(ticket: Ticket): void {
    this.#places.take(ticket);
  }

  /** The whole upload is here. */
  finish(ticket: Ticket): void {
    this.#places.release(ticket);
    const { bytes } = ticket.arrival;
    if (bytes < tellingBytes) return;
    this.#finishedRates.push(bytes / Math.max(0.001, ticket.secondsIn("uploading") ?? 0));
    if (this.#finishedRates.length > finishedMax) this.#finishedRates.shift();
  }

  release(ticket: Ticket): void {
    this.#places.release(ticket);
  }

  /** Whether one was dropped, so that its slot is free. */
  #dropSlowUpload(newcomer: string): boolean {
    const judged = [...this.#places.held]
      .filter((ticket) => (ticket.secondsIn("uploading") ?? 0) >= judgedAfterS)
      .map((ticket) => ({ ticket, rate: ticket.arrival.rate }))
      .toSorted((one, other) => one.rate - other.rate);
    const usualRate = Math.max(median(this.#finishedRates), median(judged.map(({ rate }) => rate)));
    const [slowest] = judged;
    if (slowest === undefined || slowest.rate >= fastRate) return false;
    const dropped = slowest.rate < usualRate * slowPart ? slowest : this.#toYield(judged, newcomer);
    if (dropped === undefined || dropped.rate >= fastRate) return false;
    this.#places.release(dropped.ticket);
    dropped.ticket.abort(droppedUpload(dropped.rate, this.#places.held.size + 1));
    return true;
  }

  /** The slowest upload of a client that has more than its share of the slots, if the newcomer has less. */
  #toYield(judged: readonly JudgedUpload[], newcomer: string): JudgedUpload | undefined {
    const share = this.#places.shareOf(newcomer);
    if (this.#places.heldBy(newcomer) >= share) return undefined;
    return judged.find(({ ticket }) => this.#places.heldBy(ticket.client) > share);
  }
}

// --- internal ---

interface JudgedUpload {
  readonly ticket: Ticket;
  readonly rate: number;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
}

function refusedUpload({ why, held, limit }: Refusal): AsrError {
  const setting = "OPEN_ASR_SERVER_UPLOADS_MAX";
  return why === "full"
    ? retryLater(
        "server_busy",
        `Server busy: ${held} uploads in progress (limit: ${setting})`,
        retryAfterS,
      )
    : retryLater(
        "rate_limit_exceeded",
        `Too many uploads from one client: ${held} in progress while other clients wait ` +
          `(its share of ${setting}: ${limit})`,
        retryAfterS,
      );
}

function droppedUpload(rate: number, uploads: number): AsrError {
  return retryLater(
    "server_busy",
    `The upload was dropped because all ${uploads} upload slots were in use ` +
      `(OPEN_ASR_SERVER_UPLOADS_MAX) and it was among the slowest: ${Math.round(rate)} bytes/s`,
    retryAfterS,
  );
}
