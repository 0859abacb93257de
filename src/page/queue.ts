/** Transcribes the files of the user one after the other. */
import { ApiError, errorText } from "./api/api-error.ts";
import type { TranscriptEvent } from "./api/events.ts";
import type { KeyKind, Keys } from "./api/keys.ts";
import type { Upload } from "./api/upload.ts";
import { TranscriptDocument } from "./transcript/document.ts";

/** What the server is asked to do with a file. */
export interface Order {
  readonly path: string;
  /** Fields of the form, without the file. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export type State = "waiting" | "sending" | "queued" | "working" | "done" | "stopped" | "failed";

export class Entry {
  readonly file: File;
  readonly document = new TranscriptDocument();
  order: Order;
  state: State = "waiting";
  /** Part of the current step that is done, from 0 to 1. Null while it is unknown. */
  part: number | null = null;
  /** Why the file waits or failed. */
  message: string | null = null;
  /** Cancels the running request. */
  stop = new AbortController();

  constructor(file: File, order: Order) {
    this.file = file;
    this.order = order;
  }

  get isRunning(): boolean {
    return this.state === "sending" || this.state === "queued" || this.state === "working";
  }
}

export interface QueueServices {
  readonly keys: Keys;
  readonly send: (upload: Upload) => Promise<void>;
  /** Called after each change of an entry. */
  readonly onChange: (entry: Entry) => void;
  readonly wait: (seconds: number, signal: AbortSignal) => Promise<void>;
}

export class Queue {
  readonly entries: Entry[] = [];
  readonly #services: QueueServices;
  #isRunning = false;

  constructor(services: QueueServices) {
    this.#services = services;
  }

  add(file: File, order: Order): Entry {
    const entry = new Entry(file, order);
    this.entries.push(entry);
    this.#services.onChange(entry);
    void this.#run();
    return entry;
  }

  /** Cancels a file that waits or is being transcribed. Its text so far stays. */
  cancel(entry: Entry): void {
    if (entry.state !== "waiting" && !entry.isRunning) return;
    this.#set(entry, { state: "stopped", part: null, message: null });
    entry.stop.abort(new Error("The user cancelled the file"));
  }

  again(entry: Entry, order: Order): void {
    entry.order = order;
    entry.stop = new AbortController();
    entry.document.clear();
    this.#set(entry, { state: "waiting", part: null, message: null });
    void this.#run();
  }

  remove(entry: Entry): void {
    this.cancel(entry);
    this.entries.splice(this.entries.indexOf(entry), 1);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const next = () => this.entries.find(({ state }) => state === "waiting");
    for (let entry = next(); entry !== undefined; entry = next()) await this.#transcribe(entry);
    this.#isRunning = false;
  }

  /** Transcribes one file. Waits and tries again while the server says that this helps. */
  async #transcribe(entry: Entry): Promise<void> {
    const { signal } = entry.stop;
    for (;;) {
      const error = await this.#attempt(entry, signal);
      if (signal.aborted) return;
      if (error === null) return this.#set(entry, { state: "done", part: null, message: null });
      const retryAfterS = error instanceof ApiError ? error.retryAfterS : null;
      if (retryAfterS === null) {
        return this.#set(entry, { state: "failed", part: null, message: errorText(error) });
      }
      this.#set(entry, { state: "queued", part: null, message: errorText(error) });
      await this.#services.wait(retryAfterS, signal);
      if (signal.aborted) return;
    }
  }

  /** Sends the file once. Resolves to the error if it fails. */
  async #attempt(entry: Entry, signal: AbortSignal): Promise<unknown> {
    const { keys, send } = this.#services;
    const { path, fields } = entry.order;
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    form.append("file", entry.file);
    const key = keys.get(keyKind);
    entry.document.clear();
    this.#set(entry, { state: "sending", part: 0, message: null });
    try {
      await send({
        path,
        form,
        key,
        signal,
        onSent: (part) => {
          const isSent = part >= 1;
          this.#set(entry, { state: isSent ? "queued" : "sending", part: isSent ? null : part });
        },
        onEvent: (event) => this.#take(entry, event),
      });
      return null;
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status === 401 && !signal.aborted;
      if (!isRefused || !(await keys.replace(keyKind, key))) return error;
      return await this.#attempt(entry, signal);
    }
  }

  #take(entry: Entry, event: TranscriptEvent): void {
    switch (event.type) {
      case "transcript.text.delta":
        entry.document.add(event.segment);
        return this.#set(entry, { state: "working" });
      case "transcript.progress": {
        const { done, duration = 0 } = event;
        // Nothing is known before the first part of the audio is done.
        const part = done > 0 && duration > 0 ? Math.min(done / duration, 1) : null;
        return this.#set(entry, { state: "working", part });
      }
      case "transcript.text.done":
        entry.document.finish(event);
        return this.#services.onChange(entry);
      default:
    }
  }

  #set(entry: Entry, change: Partial<Pick<Entry, "state" | "part" | "message">>): void {
    Object.assign(entry, change);
    this.#services.onChange(entry);
  }
}

// --- internal ---

const keyKind: KeyKind = "api";
