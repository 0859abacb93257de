/**
 * Runs a job as a stream of events. The job starts when the first event is read. The job is aborted when the reader
 * stops reading.
 */
import type { JobEvent } from "../jobs/events.ts";
import type { Job } from "../jobs/job.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { Delivery } from "./delivery.ts";

/** Runs the job and returns its transcript. Aborts the job when `signal` is aborted. */
export type RunJob = (delivery: Delivery, signal: AbortSignal) => Promise<Transcript>;

export class JobStream implements AsyncIterableIterator<JobEvent> {
  readonly #job: Job;
  readonly #run: RunJob;
  readonly #left = new AbortController();
  readonly #events: AsyncGenerator<JobEvent, void>;

  constructor(job: Job, run: RunJob) {
    this.#job = job;
    this.#run = run;
    this.#events = this.#read();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<JobEvent, void>> {
    return this.#events.next();
  }

  /**
   * Aborts the job. Resolves when the job has ended, so that the caller can then delete the audio. The `return` of a
   * generator would first wait for the next event. Therefore this class implements `return` itself.
   */
  return(): Promise<IteratorResult<JobEvent, void>> {
    this.#left.abort();
    return this.#events.return();
  }

  async *#read(): AsyncGenerator<JobEvent, void> {
    const delivery = new Delivery(this.#job);
    const signal = AbortSignal.any([this.#job.signal, this.#left.signal]);
    const ended = this.#run(delivery, signal).then(
      (transcript) => delivery.events.finish(transcript),
      (error: unknown) => delivery.events.fail(error),
    );
    try {
      yield* delivery.events.read();
    } catch (error) {
      // If `return` was called during the read, ignores the error, so that the read ends without an event.
      if (!this.#left.signal.aborted) throw error;
    } finally {
      this.#left.abort();
      await ended;
    }
  }
}
