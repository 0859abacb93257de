/**
 * Keeps transcriptions for the retries of clients. A client or a proxy may close a connection on which the server has
 * sent nothing for a while. OpenAI's client libraries then upload the same file again, and the retry joins the
 * transcription that still runs. If a client could not receive the error of a failed transcription, the failure is also
 * kept for the retry.
 */
import { AsrError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Admission } from "./admission.ts";
import type { Answer } from "./answer.ts";
import type { Lifecycle } from "./lifecycle.ts";

export interface RejoinOptions {
  /**
   * Time in seconds that a transcription continues without a client and waits for a retry. 0: it is stopped
   * immediately.
   */
  readonly rejoinS: number;
  readonly admission: Pick<Admission, "abandon" | "rejoin">;
  readonly lifecycle: Pick<Lifecycle, "stopping">;
  readonly log: Log;
}

/**
 * Reason why an abandoned transcription no longer waits for a retry. "joined": a retry has joined the transcription.
 * "expired": no retry has arrived in time. "displaced": another request needed the slot of the transcription in the
 * queue, or too many results were kept. "stopping": the server stopped.
 */
export type AbandonedEnd = "joined" | "expired" | "displaced" | "stopping";

/** Time in seconds for which a failure is kept. OpenAI's client libraries retry within a few seconds. */
const failureS = 120;
/** Maximum number of transcriptions and failures that are kept. */
const keptMax = 1000;
/** Maximum total number of characters in the finished transcripts that are kept. */
const charactersMax = 32 * 1024 * 1024;

export class Rejoin {
  readonly #options: RejoinOptions;
  /**
   * Kept transcriptions and failures, the oldest first. Several entries can have the same id, because a client may send
   * the same upload several times in parallel.
   */
  readonly #kept = new Set<Kept>();
  readonly #counts = { joined: 0, expired: 0, displaced: 0, stopping: 0 };

  constructor(options: RejoinOptions) {
    this.#options = options;
    options.lifecycle.stopping.addEventListener("abort", () => {
      for (const kept of this.#kept) this.#end(kept, "stopping");
    });
  }

  /** Whether a transcription may continue after its client has disconnected. */
  get isOn(): boolean {
    return this.#options.rejoinS > 0 && !this.#options.lifecycle.stopping.aborted;
  }

  /**
   * Number of abandoned transcriptions since the start of the server, for each reason why they no longer wait for a
   * retry.
   */
  get counts(): Readonly<Record<AbandonedEnd, number>> {
    return this.#counts;
  }

  /**
   * Lets a transcription continue after its client has disconnected. Stops it after `rejoinS` seconds if no retry
   * joins.
   */
  keep(id: string, answer: Answer): void {
    const { rejoinS, admission } = this.#options;
    const kept = this.#add({ id, answer, isFailure: false }, rejoinS);
    admission.abandon(answer.ticket, () => this.#end(kept, "displaced"));
    answer.text.then(
      (text) => {
        kept.characters = text.length;
        if (this.#kept.has(kept)) this.#limit();
      },
      (error: unknown) => (kept.error = error),
    );
  }

  /**
   * Keeps the failure of a transcription whose response had already begun, because the client could not receive the
   * error.
   */
  keepFailure(id: string, answer: Answer): void {
    if (!this.#options.lifecycle.stopping.aborted) {
      this.#add({ id, answer, isFailure: true }, failureS);
    }
  }

  /**
   * Removes the newest kept transcription or failure of an upload, and returns it. Null when there is none. Does not
   * use older entries, because an older entry may be a failure whose client no longer retries.
   */
  take(id: string): Answer | null {
    const kept = [...this.#kept].findLast((one) => one.id === id);
    if (kept === undefined) return null;
    this.#forget(kept);
    if (!kept.isFailure) {
      this.#counts.joined++;
      this.#options.admission.rejoin(kept.answer.ticket);
    }
    return kept.answer;
  }

  #add(entry: Pick<Kept, "id" | "answer" | "isFailure">, seconds: number): Kept {
    const timer = setTimeout(() => this.#end(kept, "expired"), seconds * 1000);
    const kept: Kept = { ...entry, timer, characters: 0, error: null };
    this.#kept.add(kept);
    this.#limit();
    return kept;
  }

  /** Removes the oldest entries until the remaining entries are within the limits. */
  #limit(): void {
    let characters = [...this.#kept].reduce((sum, one) => sum + one.characters, 0);
    for (const kept of this.#kept) {
      if (this.#kept.size <= keptMax && characters <= charactersMax) return;
      characters -= kept.characters;
      this.#end(kept, "displaced");
    }
  }

  #forget(kept: Kept): void {
    clearTimeout(kept.timer);
    this.#kept.delete(kept);
  }

  /** Removes an entry that no retry has joined. If its transcription still runs, stops the transcription. */
  #end(kept: Kept, how: AbandonedEnd): void {
    this.#forget(kept);
    if (kept.isFailure) return;
    this.#counts[how]++;
    const { requestId, ticket } = kept.answer;
    ticket.abort(new AsrError("client_closed_request", "The client did not return"));
    this.#options.log.info("abandoned", { id: requestId, end: how, ...failureOf(kept.error) });
  }
}

// --- internal ---

interface Kept {
  /** Identity of the upload (see `UploadIdentity`). */
  readonly id: string;
  readonly answer: Answer;
  /**
   * Whether the entry is the failure of a request that has ended. If false, the entry is a transcription without a
   * client.
   */
  readonly isFailure: boolean;
  readonly timer: NodeJS.Timeout;
  /** Number of characters of the finished transcript. 0 while the transcription runs. */
  characters: number;
  /** Error of the transcription. Null while the transcription runs, and after success. */
  error: unknown;
}

/**
 * Returns the fields of the log line that describe the error of a transcription. Returns no fields if there is no
 * error. The error must be in the log, because no client received the error.
 */
function failureOf(error: unknown) {
  if (error === null) return {};
  if (error instanceof AsrError) return { error: error.code, cause: error.operatorMessage };
  return { error: "internal_error", cause: error instanceof Error ? error.stack : undefined };
}
