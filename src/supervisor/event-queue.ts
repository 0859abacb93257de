/**
 * Passes the events of one job from its runners to its reader. A slow reader does not increase the memory use: only the
 * latest progress and the latest working time are kept. All segments are kept, because the transcript needs them.
 */
import type { Work } from "../ipc/work.ts";
import type { JobEvent, JobProgress } from "../jobs/events.ts";
import type { Segment, Transcript } from "../transcript/transcript.ts";

export class EventQueue {
  readonly #segments: Segment[] = [];
  #segmentsRead = 0;
  #isStarted = false;
  #isStartRead = false;
  #progress: JobProgress | null = null;
  #work: Work | null = null;
  #end: { readonly transcript: Transcript } | { readonly error: unknown } | null = null;
  #isEndRead = false;
  /** Wakes the reader that waits for the next event. */
  #resume: () => void = () => {};

  /** All segments of the job so far, including segments that the reader has already received. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  start(): void {
    this.#isStarted = true;
    this.#resume();
  }

  add(segments: readonly Segment[]): void {
    this.#segments.push(...segments);
    this.#resume();
  }

  progress(progress: JobProgress): void {
    this.#progress = progress;
    this.#resume();
  }

  work(work: Work): void {
    this.#work = work;
    this.#resume();
  }

  finish(transcript: Transcript): void {
    this.#end ??= { transcript };
    this.#resume();
  }

  /** Ends the events with an error. The reader first receives all events that were added before. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#resume();
  }

  /** Yields the events. Only one reader is supported. */
  async *read(): AsyncGenerator<JobEvent, void> {
    for (;;) {
      const event = this.#take();
      if (event !== null) yield event;
      else if (this.#end === null) await this.#changed();
      else if ("error" in this.#end) throw this.#end.error;
      else return;
    }
  }

  #changed(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    return promise;
  }

  #take(): JobEvent | null {
    if (this.#isStarted && !this.#isStartRead) {
      this.#isStartRead = true;
      return { type: "started" };
    }
    const segment = this.#segments[this.#segmentsRead];
    if (segment !== undefined) {
      this.#segmentsRead++;
      return { type: "segment", segment };
    }
    if (this.#progress !== null) {
      const progress = this.#progress;
      this.#progress = null;
      return progress;
    }
    if (this.#work !== null) {
      const work = this.#work;
      this.#work = null;
      return { type: "work", work };
    }
    if (this.#end === null || "error" in this.#end || this.#isEndRead) return null;
    this.#isEndRead = true;
    return { type: "done", transcript: this.#end.transcript };
  }
}
