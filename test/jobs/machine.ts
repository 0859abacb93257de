/**
 * Provides helpers for tests: an admission with a clock that the test sets, and functions that return the errors of the
 * admission.
 */
import { AsrError } from "../../src/errors.ts";
import { Admission } from "../../src/jobs/admission.ts";
import type { Ticket } from "../../src/jobs/ticket.ts";

export const nothing = {
  task: "transcribe" as const,
  text: "",
  language: null,
  segments: [],
  words: null,
};

interface Limits {
  readonly lanes?: number;
  readonly waitingMax?: number;
  readonly uploadsMax?: number;
}

/** Creates an admission for one model, with a clock that the test sets. */
export function machine({ lanes = 1, waitingMax = 0, uploadsMax = 100 }: Limits) {
  const clock = { s: 0 };
  const size = { lanes };
  const admission = new Admission({
    lanes: () => new Map([["base", size.lanes]]),
    waitingMax,
    uploadsMax,
    now: () => clock.s * 1000,
  });
  const signal = new AbortController().signal;
  const upload = (client = "ann", model = "base") => {
    const ticket = admission.enter({ client, signal });
    ticket.chooseModel({ id: model, backend: "null" });
    return ticket;
  };
  /** Creates a ticket whose upload is complete. */
  const queue = (client?: string) => {
    const ticket = upload(client);
    admission.queue(ticket);
    return ticket;
  };
  /** Simulates a job that transcribes `audioS` seconds of audio in `tookS` seconds. */
  const finish = (ticket: Ticket, audioS: number, tookS: number) => {
    ticket.note({ type: "started" });
    clock.s += tookS;
    ticket.note({ type: "progress", doneS: audioS, totalS: audioS, processedS: audioS });
    ticket.note({ type: "done", transcript: { ...nothing, durationS: audioS } });
    ticket[Symbol.dispose]();
  };
  return { admission, clock, size, upload, queue, finish };
}

export function refusalOf(act: () => Ticket | void): AsrError {
  try {
    act();
  } catch (error) {
    if (error instanceof AsrError) return error;
  }
  throw new Error("Expected an AsrError");
}

export const busy = { code: "server_busy", kind: { status: 503, retry: true } };
export const overShare = { code: "rate_limit_exceeded", kind: { status: 429, retry: true } };
