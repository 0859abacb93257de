/**
 * Manages the slots for uploads in progress. These slots are separate from the slots in the queue. Otherwise slow
 * uploads would fill the queue while lanes are idle.
 *
 * While a slot is free, no upload is dropped. When all slots are in use, a new upload can replace another upload in two
 * cases: the other upload is far slower than the usual rate, or its client has more slots than its share. If all
 * clients have a slow connection, the usual rate is low too, so no upload is dropped for its rate.
 */
import { type AsrError, retryLater } from "../errors.ts";
import { Slots, type Refusal } from "./slots.ts";
import type { Ticket } from "./ticket.ts";

/** An upload is slow when its rate is below this fraction of the usual rate. */
const slowFraction = 0.1;
/**
 * An upload with at least this rate, in bytes per second, is never dropped. Uncompressed 16-bit speech at 16 kHz needs
 * half of this rate.
 */
const fastRate = 64 * 1024;
/**
 * Minimum age in seconds of an upload whose rate is compared with the usual rate. The rate of a younger upload varies.
 * The minimum age must be low. Otherwise a client could hold every slot permanently, because it could restart each slow
 * upload before the upload reaches the minimum age.
 */
const minAgeS = 2;
/**
 * An upload that will end within this number of seconds is not dropped, because its slot will soon be free. This
 * protection ends if the upload takes longer.
 */
const finishingS = 2;
/** Duration of a reservation in seconds, equal to the Retry-After time of a rejected client. */
const reservedS = 5;
/**
 * Usual rate in bytes per second before the first upload has finished. This is the rate of a slow DSL line. It has the
 * same weight as the measured rates of 8 uploads.
 */
const initial = { rate: 128 * 1024, uploads: 8 };
/** Maximum number of finished uploads whose rates are used to compute the usual rate. */
const finishedMax = 64;
/**
 * Minimum size in bytes of an upload whose rate counts for the usual rate. A smaller upload consists of only a few
 * packets, so its measured rate is not exact.
 */
const measuredBytesMin = 64 * 1024;
/** Retry-After time of a rejected client in seconds. Most uploads end within this time. */
const retryAfterS = 5;

export class Uploads {
  readonly #slots: Slots;
  /** Rates of the uploads that finished last, in bytes per second. The newest is at the end. */
  readonly #finishedRates: number[] = Array.from({ length: initial.uploads }, () => initial.rate);
  /**
   * For each upload that was protected because it was about to finish: its age in seconds when the protection began.
   */
  readonly #finishingSinceS = new WeakMap<Ticket, number>();

  constructor(uploadsMax: number, now?: () => number) {
    this.#slots = new Slots(() => uploadsMax, { reservedMs: reservedS * 1000, now });
  }

  /**
   * Checks that the client may start another upload. If no slot is available for the client, first tries to abort a
   * slow upload. If this is not possible, throws AsrError `server_busy` or `rate_limit_exceeded`.
   */
  requireSlot(client: string): void {
    const refusal = this.#slots.refusalOf(client);
    if (refusal === null) return;
    // Notes first that the client waits, even if a slot is freed for the client below. The reason is that only a client
    // that has waited gets a reservation.
    this.#slots.noteWaiting(client, retryAfterS);
    if (!this.#dropSlowUpload(client, refusal.why)) throw refusedUpload(refusal);
  }

  take(ticket: Ticket): void {
    this.#slots.take(ticket);
  }

  /** Call this when the upload is complete. */
  finish(ticket: Ticket): void {
    this.#slots.release(ticket);
    const { bytes } = ticket.arrival;
    if (bytes < measuredBytesMin) return;
    this.#finishedRates.push(bytes / Math.max(0.001, ticket.secondsIn("uploading") ?? 0));
    if (this.#finishedRates.length > finishedMax) this.#finishedRates.shift();
  }

  release(ticket: Ticket): void {
    this.#slots.release(ticket);
  }

  /** Aborts a slow upload to free its slot for `client`. Returns false when no upload may be aborted. */
  #dropSlowUpload(client: string, why: Refusal["why"]): boolean {
    const uploads = this.#measured();
    // A client that already holds its share of the slots may replace only one of its own uploads.
    const dropped =
      why === "share"
        ? this.#slowUploads(uploads).find(({ ticket }) => ticket.client === client)
        : bySlowness([
            ...this.#slowUploads(uploads),
            ...this.#uploadsOverShare(uploads, client),
          ])[0];
    if (dropped === undefined) return false;
    const reason = droppedUpload(dropped.rate, this.#slots.held.size);
    this.#slots.release(dropped.ticket);
    dropped.ticket.abort(reason);
    return true;
  }

  /** Returns all uploads with their rates, in the order in which they would be dropped. */
  #measured(): readonly Measured[] {
    return bySlowness(
      [...this.#slots.held].map((ticket) => ({
        ticket,
        isOldEnough: (ticket.secondsIn("uploading") ?? 0) >= minAgeS,
        rate: ticket.arrival.rate,
        meanRate: ticket.arrival.meanRate,
      })),
    );
  }

  /**
   * Returns the uploads whose recent rate is far below the usual rate. Excludes uploads whose mean rate is above the
   * median of all uploads. Otherwise a client could restart its slow uploads again and again. These uploads would never
   * reach the minimum age, so an older and faster upload of another client would be dropped.
   */
  #slowUploads(uploads: readonly Measured[]): readonly Measured[] {
    const compared = uploads.filter(({ isOldEnough }) => isOldEnough);
    const usualRate = Math.max(
      median(this.#finishedRates),
      median(compared.map(({ rate }) => rate)),
    );
    const slowRate = Math.min(fastRate, usualRate * slowFraction);
    const usualMean = median(uploads.map(({ meanRate }) => meanRate));
    return compared.filter(
      ({ ticket, rate, meanRate }) =>
        rate < slowRate && meanRate <= usualMean && !this.#isFinishing(ticket),
    );
  }

  /**
   * Returns the uploads of clients that have more than their share of the slots, if they are slower than `fastRate`.
   * Their age does not matter. Returns none when `client` itself already has its share.
   */
  #uploadsOverShare(uploads: readonly Measured[], client: string): readonly Measured[] {
    const share = this.#slots.shareOf(client);
    if (this.#slots.heldBy(client) >= share) return [];
    return uploads.filter(
      ({ ticket, rate }) =>
        rate < fastRate && this.#slots.heldBy(ticket.client) > share && !this.#isFinishing(ticket),
    );
  }

  /**
   * Returns whether the upload will end within `finishingS` seconds. For each upload, returns true for at most
   * `finishingS` seconds in total. Otherwise a client could pause shortly before the end of its upload and keep the
   * slot.
   */
  #isFinishing(ticket: Ticket): boolean {
    const { secondsLeft } = ticket.arrival;
    if (secondsLeft === null || secondsLeft > finishingS) return false;
    const ageS = ticket.secondsIn("uploading") ?? 0;
    const sinceS = this.#finishingSinceS.get(ticket) ?? ageS;
    this.#finishingSinceS.set(ticket, sinceS);
    return ageS - sinceS < finishingS;
  }
}

// --- internal ---

interface Measured {
  readonly ticket: Ticket;
  /** Whether the upload has reached the minimum age. */
  readonly isOldEnough: boolean;
  /** Recent rate in bytes per second. */
  readonly rate: number;
  /** Mean rate since the start of the upload, in bytes per second. */
  readonly meanRate: number;
}

/**
 * Sorts uploads. Uploads that have reached the minimum age come before younger uploads. In each of these two groups,
 * the upload with the lowest mean rate comes first.
 */
function bySlowness(uploads: readonly Measured[]): readonly Measured[] {
  return uploads.toSorted(
    (one, other) =>
      Number(other.isOldEnough) - Number(one.isOldEnough) || one.meanRate - other.meanRate,
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
      `(OPEN_ASR_SERVER_UPLOADS_MAX) and this upload was one of the slowest: ${Math.round(rate)} bytes/s`,
    retryAfterS,
  );
}
