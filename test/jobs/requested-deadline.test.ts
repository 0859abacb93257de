import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import type { AsrError } from "../../src/errors.ts";
import { enforceRequestedDeadline } from "../../src/jobs/requested-deadline.ts";
import { Ticket } from "../../src/jobs/ticket.ts";
import { nothing } from "./machine.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A ticket of a request that arrived four seconds ago, whose deadline is ten seconds after its arrival. */
function urgentTicket(speed: number | null = 2) {
  const clock = { s: 0 };
  const { signal } = new AbortController();
  const ticket = new Ticket({ client: "ann", signal, now: () => clock.s * 1000 });
  clock.s = 4;
  enforceRequestedDeadline(ticket, { deadlineS: 10, speed: () => speed });
  ticket.wait();
  const pass = (seconds: number): void => {
    clock.s += seconds;
    jest.advanceTimersByTime(seconds * 1000);
  };
  return { ticket, pass };
}

const progress = { type: "progress" as const, doneS: 0, processedS: 0 };

test("a transcription ends at its deadline, which counts from the arrival of the request", () => {
  const { ticket, pass } = urgentTicket();
  pass(5.9);
  expect(ticket.signal.aborted).toBe(false);
  pass(0.2);
  const error = ticket.signal.reason as AsrError;
  expect(error).toMatchObject({ code: "deadline_exceeded", param: "deadline_seconds" });
  expect(error.message).toStartWith("The transcript was not complete after the 10 s");
});

test("a transcription that cannot end in time ends as soon as the length of its audio is known", () => {
  const { ticket, pass } = urgentTicket();
  pass(1);
  ticket.note({ ...progress, totalS: null });
  expect(ticket.signal.aborted).toBe(false);
  // At a speed of 2, the audio needs 5.5 s, but 5 s are left.
  ticket.note({ ...progress, totalS: 11 });
  expect((ticket.signal.reason as AsrError).message).toStartWith(
    "Cannot transcribe 11.0 s of audio within the 10 s of deadline_seconds: this server needs about 5.5 s",
  );
});

test("audio counts once for each channel that is transcribed on its own", () => {
  const { ticket } = urgentTicket();
  ticket.note({ ...progress, totalS: 7, passes: 2 });
  expect(ticket.signal.aborted).toBe(true);
});

test("a transcription that can end in time continues, and so does one whose speed is not known", () => {
  for (const [speed, totalS] of [
    [2, 11],
    [null, 1000],
  ] as const) {
    const { ticket } = urgentTicket(speed);
    ticket.note({ ...progress, totalS });
    expect(ticket.signal.aborted).toBe(false);
  }
});

test("the deadline does not apply to a finished transcription", () => {
  const { ticket, pass } = urgentTicket();
  ticket.note({ type: "started" });
  ticket.note({ type: "done", transcript: { ...nothing, durationS: 1 } });
  ticket[Symbol.dispose]();
  pass(60);
  expect(ticket.signal.aborted).toBe(false);
});
