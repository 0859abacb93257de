import { afterEach, expect, jest, test } from "bun:test";
import type { AsrError } from "../../src/errors.ts";
import { enforceDeadlines } from "../../src/jobs/deadlines.ts";
import { Ticket } from "../../src/jobs/ticket.ts";

afterEach(() => jest.useRealTimers());

function watchedTicket(): Ticket {
  jest.useFakeTimers();
  const { signal } = new AbortController();
  const ticket = new Ticket({ client: "ann", signal });
  enforceDeadlines(ticket, { queueTimeoutS: 10, transcribeTimeoutS: 100, retryAfterS: () => 7 });
  return ticket;
}

/**
 * Returns the number of seconds after which the ticket is aborted, and the error. Null if the ticket is not aborted
 * within an hour.
 */
function endOf({ signal }: Ticket) {
  for (let s = 1; s <= 3600; s++) {
    jest.advanceTimersByTime(1000);
    if (signal.aborted) return { s, error: signal.reason as AsrError };
  }
  return null;
}

test("a transcription that waits too long in the queue fails with server_busy and Retry-After", () => {
  const ticket = watchedTicket();
  ticket.wait();
  const end = endOf(ticket);
  expect(end).toMatchObject({ s: 10, error: { code: "server_busy", retryAfterS: 7 } });
  expect(end?.error.message).toMatch(
    /waited 10 s in the queue \(limit: OPEN_ASR_SERVER_QUEUE_TIMEOUT_SECONDS\)\. Retry in 7 s\.$/,
  );
});

test("a transcription that runs too long fails with deadline_exceeded, however short it waited", () => {
  const ticket = watchedTicket();
  ticket.wait();
  jest.advanceTimersByTime(9000);
  ticket.note({ type: "started" });
  expect(endOf(ticket)).toMatchObject({ s: 100, error: { code: "deadline_exceeded" } });
});

test("deadlines do not apply to an upload or to a finished transcription", () => {
  expect(endOf(watchedTicket())).toBeNull();
  const ticket = watchedTicket();
  ticket.wait();
  ticket.note({ type: "started" });
  ticket[Symbol.dispose]();
  expect(endOf(ticket)).toBeNull();
});
