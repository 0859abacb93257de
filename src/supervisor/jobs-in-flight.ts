/** Stores the jobs on which a runner is working. The messages of the runner contain the id of the job. */
import { fromFailure } from "../ipc/failure.ts";
import type { JobMessage } from "../ipc/protocol.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { Delivery } from "./delivery.ts";

interface JobInFlight {
  readonly delivery: Delivery;
  readonly resolve: (transcript: Transcript) => void;
  readonly reject: (error: Error) => void;
}

export class JobsInFlight {
  readonly #jobs = new Map<number, JobInFlight>();
  #lastId = 0;

  get size(): number {
    return this.#jobs.size;
  }

  add(delivery: Delivery): { readonly id: number; readonly transcript: Promise<Transcript> } {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Transcript>();
    this.#jobs.set(id, { delivery, resolve, reject });
    return { id, transcript: promise };
  }

  /** Processes a message from the runner. Ignores the message if its job has ended. */
  receive(message: JobMessage): void {
    const job = this.#jobs.get(message.job);
    if (job === undefined) return;
    const { delivery } = job;
    switch (message.type) {
      case "started":
        delivery.events.start();
        break;
      case "progress":
        delivery.progress(message);
        break;
      case "segments":
        delivery.chunk(message);
        break;
      case "done":
        this.#jobs.delete(message.job);
        delivery.work(message.work);
        job.resolve(delivery.transcript(message));
        break;
      case "failed":
        this.#jobs.delete(message.job);
        delivery.work(message.work);
        job.reject(fromFailure(message.failure));
        break;
    }
  }

  rejectAll(error: Error): void {
    for (const { delivery, reject } of this.#jobs.values()) {
      delivery.waitsAgain();
      reject(error);
    }
    this.#jobs.clear();
  }
}
