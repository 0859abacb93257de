/**
 * The slots for uploads in progress. They are separate from the slots in the queue, so that slow uploads do not fill the
 * queue while lanes are idle.
 *
 * When all slots are in use, a new upload replaces an upload that is far slower than usual, or an upload of a client
 * that has more than its share. While a slot is free, no upload is dropped. When all clients have a slow connection,
 * their uploads are not slower than usual, so none of them is dropped for its rate.
 */
import { type AsrError, retryLater } from "../errors.ts";
import { Slots, type Refusal } from "./slots.ts";
import type { Ticket } from "./ticket.ts";

/** An upload is slow if its rate is below this fraction of the usual rate. */
const slowFraction = 0.1;
/**
 * An upload with at least this rate (bytes per second) is never slow. Uncompressed speech at 16 kHz needs half of this
 * rate.
 */
const fastRate = 64 * 1024;
/**
 * The rate of an upload is compared only after this time, because it varies at the start. With a longer time, a client
 * could keep every slot: it could restart each of its slow uploads before this time is over.
 */
const minAgeS = 2;
/** An upload that will end within this time is not dropped, because its slot is free soon. If it takes longer, it can be dropped. */
const finishingS = 2;
/** Duration of a reservation: the Retry-After time of a rejected client. */
const reservedS = 5;
/** The usual rate before the first upload has finished: a slow DSL line. It has the weight of this many uploads. */
const initial = { rate: 128 * 1024, uploads: 8 };
/** The usual rate is the median of this many finished uploads. */
const finishedMax = 64;
/** The rates of smaller uploads are ignored: a small upload consists of a few packets, so its rate is not meaningful. */
const measuredBytesMin = 64 * 1024;
/** Retry-After of a rejected client. Most uploads take less time than this. */
const retryAfterS = 5;

export class Uploads {
  readonly #slots: Slots;
  /** Rates of the last finished uploads in bytes per second, the newest last. */
  readonly #finishedRates: number[] = Array.from({ length: initial.uploads }, () => initial.rate);
  /** For each upload that was about to finish, its age at the first time when it was not dropped for this reason. */
  readonly #finishingSinceS = new WeakMap<Ticket, number>();

  constructor(uploadsMax: number, now?: () => number) {
    this.#slots = new Slots(() => uploadsMax, { reservedMs: reservedS * 1000, now });
  }

  /** Throws AsrError `server_busy` or `rate_limit_exceeded` when the client may not start another upload. */
  requireSlot(client: string): void {
    const refusal = this.#slots.refusalOf(client);
    if (refusal === null) return;
    // The client counts as waiting even if a slot is freed for it now, so that it gets a reservation.
    this.#slots.noteWaiting(client, retryAfterS);
    if (!this.#dropSlowUpload(client, refusal.why)) throw refusedUpload(refusal);
  }

  take(ticket: Ticket): void {
    this.#slots.take(ticket);
  }

  /** Call when the upload is complete. */
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

  /** Aborts a slow upload, if there is one, to free its slot for `client`. Returns whether a slot was freed. */
  #dropSlowUpload(client: string, why: Refusal["why"]): boolean {
    const uploads = this.#measured();
    // A client that already has its share may replace only one of its own uploads.
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

  /** All uploads with their rates, in the order in which they would be dropped. */
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
   * Uploads whose recent rate is far below the usual rate. An upload whose mean rate is above the median is not slow.
   * Without this exception, clients that restart their slow uploads again and again would stay below the minimum age, and
   * an older upload of another client would be dropped instead.
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

  /** Uploads of clients that have more than their share, if `client` has less than its share. Their age does not matter. */
  #uploadsOverShare(uploads: readonly Measured[], client: string): readonly Measured[] {
    const share = this.#slots.shareOf(client);
    if (this.#slots.heldBy(client) >= share) return [];
    return uploads.filter(
      ({ ticket, rate }) =>
        rate < fastRate && this.#slots.heldBy(ticket.client) > share && !this.#isFinishing(ticket),
    );
  }

  /**
   * Whether the upload is about to finish. Returns true for at most `finishingS`: otherwise a client could keep a slot by
   * pausing shortly before the end.
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
  /** Rate since the start of the upload, in bytes per second. */
  readonly meanRate: number;
}

/** Uploads that have reached the minimum age come first. Among them, the upload with the lowest mean rate comes first. */
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
