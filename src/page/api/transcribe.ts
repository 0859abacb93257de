/** Sends one file to the server and receives its transcript while the server works. */
import { type ApiError, errorEvent, errorOf, unreachable, unreadable } from "./api-error.ts";
import { authorization } from "./client.ts";
import { EventLines } from "./event-lines.ts";
import type { Done, TranscriptEvent } from "./events.ts";
import type { Upload } from "./upload.ts";

/**
 * Sends the form. Resolves after the last event. Rejects with ApiError, or with the reason of the signal. Uses
 * XMLHttpRequest, because `fetch` does not tell how much of the file is sent.
 */
export function sendForm(upload: Upload): Promise<void> {
  const { path, form, key, signal, onSent, onEvent } = upload;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.reject(abortReason(signal));
  const request = new XMLHttpRequest();
  const reader = new AnswerReader(onEvent);
  const onAbort = () => request.abort();
  const read = () => {
    if (request.status === 200 && isStream(request)) reader.push(request.responseText);
  };
  request.upload.addEventListener("progress", ({ loaded, total }) => onSent(loaded / total));
  request.addEventListener("progress", read);
  request.addEventListener("load", () => {
    try {
      read();
      const error = request.status === 200 ? reader.finish(request) : failureOf(request);
      if (error === null) resolve();
      else reject(error);
    } catch {
      reject(unreadable());
    }
  });
  request.addEventListener("error", () => reject(reader.error ?? unreachable()));
  request.addEventListener("abort", () => reject(abortReason(signal)));
  request.addEventListener("loadend", () => signal.removeEventListener("abort", onAbort));
  signal.addEventListener("abort", onAbort);
  request.open("POST", path);
  for (const [name, value] of Object.entries(authorization(key))) {
    request.setRequestHeader(name, value);
  }
  request.send(form);
  return promise;
}

// --- internal ---

/** Reads the events of a response that arrives in parts. */
class AnswerReader {
  /** The error event of the response, if there is one. */
  error: ApiError | null = null;
  readonly #onEvent: (event: TranscriptEvent) => void;
  readonly #lines = new EventLines();
  #seen = 0;
  #isDone = false;

  constructor(onEvent: (event: TranscriptEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Reads the new part of the text that has arrived so far. */
  push(text: string): void {
    const part = text.slice(this.#seen);
    this.#seen = text.length;
    for (const event of this.#lines.push(part)) this.#take(event);
  }

  /** Returns the error of a response that has ended, or null if it is complete. */
  finish(request: XMLHttpRequest): ApiError | null {
    if (!isStream(request)) this.#take({ type: "transcript.text.done", ...parsed(request) });
    return this.error ?? (this.#isDone ? null : unreachable());
  }

  #take(event: unknown): void {
    this.error ??= errorEvent(event);
    if (this.error !== null) return;
    const known = event as TranscriptEvent;
    if (known.type === "transcript.text.done") this.#isDone = true;
    this.#onEvent(known);
  }
}

function isStream(request: XMLHttpRequest): boolean {
  return (request.getResponseHeader("content-type") ?? "").startsWith("text/event-stream");
}

function parsed(request: XMLHttpRequest): Omit<Done, "type"> {
  return JSON.parse(request.responseText) as Omit<Done, "type">;
}

function failureOf(request: XMLHttpRequest): ApiError {
  return errorOf(request.status, request.responseText, (name) => request.getResponseHeader(name));
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("The request was cancelled");
}
