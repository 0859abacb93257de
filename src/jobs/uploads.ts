/**
 * Uploads in progress: a limited number, apart from the queue, so that a slow upload keeps no lane idle. When all slots
 * are in use, a newcomer gets the slot of an upload that is far slower than usual, or of a client that has more than its
 * share. As long as a slot is free, nothing is dropped; and when all clients are slow, as phones on a bad line, none of
 * them is slower than usual.
 */
import { type AsrError, retryLater } from "../errors.ts";
import { Places, type Refusal } from "./places.ts";
import type { Ticket } from "./ticket.ts";

/** An upload is slow if its rate is below this fraction of the usual rate. */
const slowPart = 0.1;
/**
 * An upload with at least this rate (bytes per second) is never slow. It is twice the rate of uncompressed speech at
 * 16 kHz.
 */
const fastRate = 64 * 1024;
/**
 * A younger upload has hardly begun, so its rate says little. A longer time would let a client keep every slot: it ends
 * each of its slow uploads before that time and begins it again.
 */
const judgedAfterS = 2;
/** An upload that needs no longer is about to finish: to drop it would save nothing. It is spared once for so long. */
const finishingS = 2;
/** How long a client that waited keeps its claim to a slot: as long as it is told to stay away. */
const claimS = 5;
/**
 * The usual rate before any upload has finished: the rate of a slow DSL line. It has the weight of this many uploads.
 */
const guess = { rate: 128 * 1024, uploads: 8 };
/** The usual rate is the median of this many finished uploads. */
const finishedMax = 64;
/** A smaller upload comes in a few packets: its rate says nothing. */
const tellingBytes = 64 * 1024;
/** When a refused client should retry: most uploads take less. */
const retryAfterS = 5;

export class Uploads {
  readonly #places: Places;
  /** Bytes a second, the newest last. */
  readonly #finishedRates: number[] = Array.from({ length: guess.uploads }, () => guess.rate);
  /** By upload that was about to finish: its age when it was spared first. */
  readonly #sparedSinceS = new WeakMap<Ticket, number>();

  constructor(uploadsMax: number, now?: () => number) {
    this.#places = new Places(() => uploadsMax, { claimMs: claimS * 1000, now });
  }

  /** Throws AsrError `server_busy` or `rate_limit_exceeded` when the client may not begin one more upload. */
  requireSlot(client: string): void {
    const refusal = this.#places.refusalOf(client);
    if (refusal === null) return;
    // Also when a slot is made free for it: it keeps its claim then, as a client that waited.
    this.#places.noteWaiting(client, retryAfterS);
    if (!this.#dropSlowUpload(client, refusal.why)) throw refusedUpload(refusal);
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

  /** Drops a slow upload if there is one. Returns whether this freed a slot. */
  #dropSlowUpload(newcomer: string, why: Refusal["why"]): boolean {
    const uploads = this.#measured();
    // A client that has its share may only replace an upload of its own.
    const dropped =
      why === "share"
        ? this.#farSlower(uploads).find(({ ticket }) => ticket.client === newcomer)
        : bySlowness([...this.#farSlower(uploads), ...this.#yielding(uploads, newcomer)])[0];
    if (dropped === undefined) return false;
    const reason = droppedUpload(dropped.rate, this.#places.held.size);
    this.#places.release(dropped.ticket);
    dropped.ticket.abort(reason);
    return true;
  }

  /** All uploads, in the order in which they would be dropped. */
  #measured(): readonly Measured[] {
    return bySlowness(
      [...this.#places.held].map((ticket) => ({
        ticket,
        isJudged: (ticket.secondsIn("uploading") ?? 0) >= judgedAfterS,
        rate: ticket.arrival.rate,
        meanRate: ticket.arrival.meanRate,
      })),
    );
  }

  /**
   * Uploads that are far slower than usual now. One that sent more than most since its start is not among them: while
   * clients renew their slow uploads, these are too young to be judged, and an honest slow one would go in their place.
   */
  #farSlower(uploads: readonly Measured[]): readonly Measured[] {
    const judged = uploads.filter(({ isJudged }) => isJudged);
    const usualRate = Math.max(median(this.#finishedRates), median(judged.map(({ rate }) => rate)));
    const slowRate = Math.min(fastRate, usualRate * slowPart);
    const usualMean = median(uploads.map(({ meanRate }) => meanRate));
    return judged.filter(
      ({ ticket, rate, meanRate }) =>
        rate < slowRate && meanRate <= usualMean && !this.#isSpared(ticket),
    );
  }

  /** Uploads, whatever their age, of clients that have more than their share of the slots, if the newcomer has less. */
  #yielding(uploads: readonly Measured[], newcomer: string): readonly Measured[] {
    const share = this.#places.shareOf(newcomer);
    if (this.#places.heldBy(newcomer) >= share) return [];
    return uploads.filter(
      ({ ticket, rate }) =>
        rate < fastRate && this.#places.heldBy(ticket.client) > share && !this.#isSpared(ticket),
    );
  }

  /** Whether it is about to finish. It is spared once only: a client could stop just before the end. */
  #isSpared(ticket: Ticket): boolean {
    const { secondsLeft } = ticket.arrival;
    if (secondsLeft === null || secondsLeft > finishingS) return false;
    const ageS = ticket.secondsIn("uploading") ?? 0;
    const sinceS = this.#sparedSinceS.get(ticket) ?? ageS;
    this.#sparedSinceS.set(ticket, sinceS);
    return ageS - sinceS < finishingS;
  }
}

// --- internal ---

interface Measured {
  readonly ticket: Ticket;
  /** Whether it is old enough. */
  readonly isJudged: boolean;
  /** Bytes a second of late. */
  readonly rate: number;
  /** Bytes a second since its start. */
  readonly meanRate: number;
}

/** Uploads that are old enough come first, as the rate of others says little; of these, the one that sent least for its age. */
function bySlowness(uploads: readonly Measured[]): readonly Measured[] {
  return uploads.toSorted(
    (one, other) => Number(other.isJudged) - Number(one.isJudged) || one.meanRate - other.meanRate,
  );
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
