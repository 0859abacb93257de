/** Tests the estimated end of each transcription in the queue, against the order in which runners serve jobs. */
import { describe, expect, test } from "bun:test";
import { finishTime, finishTimes } from "../../src/jobs/finish-time.ts";
import { Ticket } from "../../src/jobs/ticket.ts";

interface Queued {
  /** Length of the audio in seconds. Absent when it is unknown. */
  readonly audioS?: number;
  readonly doneS?: number;
  readonly deadlineS?: number;
}

const signal = new AbortController().signal;

/** Returns the estimated ends of transcriptions, in the order of their arrival, at a speed of 2 s of audio per second. */
function endsOf(...queue: readonly Queued[]) {
  const tickets = queue.map(({ audioS, doneS = 0, deadlineS }) => {
    const ticket = new Ticket({ client: "ann", signal, now: () => 0 });
    ticket.wait();
    if (deadlineS !== undefined) ticket.setDeadline(deadlineS);
    const progress = { doneS, totalS: audioS ?? null, processedS: doneS };
    if (audioS !== undefined) ticket.note({ type: "progress", ...progress });
    return ticket;
  });
  const state = { tickets, speed: 2, meanAudioS: 8 };
  return {
    each: tickets.map((ticket) => finishTime(ticket, state)),
    ...finishTimes(state),
  };
}

describe("a transcription ends", () => {
  test("after those with less audio left, and before those with more", () => {
    expect(endsOf({ audioS: 60 }, { audioS: 10 }, { audioS: 20 }).each).toEqual([45, 5, 15]);
  });

  test("after those with the same length that came earlier", () => {
    expect(endsOf({ audioS: 10 }, { audioS: 10 }).each).toEqual([5, 10]);
  });

  test("earlier, the more of its audio is done", () => {
    expect(endsOf({ audioS: 60, doneS: 56 }, { audioS: 10 }).each).toEqual([2, 7]);
  });

  test("as if it had the mean length while its length is unknown", () => {
    expect(endsOf({}, { audioS: 10 }).each).toEqual([4, 9]);
  });

  test("before all without a deadline and with a later one, if it has a deadline", () => {
    const ends = endsOf(
      { audioS: 4 },
      { audioS: 100, deadlineS: 90 },
      { audioS: 20, deadlineS: 60 },
    );
    expect(ends.each).toEqual([62, 60, 10]);
  });

  test("next to other long files, which proceed side by side", () => {
    expect(endsOf({ audioS: 3600 }, { audioS: 3600 }, { audioS: 600 }).each).toEqual([
      3900, 3900, 900,
    ]);
  });
});

test("the first and the last end are those of all transcriptions", () => {
  const queue = [{ audioS: 60 }, { audioS: 600 }, { audioS: 10 }, { audioS: 900 }, {}];
  const { each, first, last } = endsOf(...queue);
  expect(first).toBe(Math.min(...each));
  expect(last).toBe(Math.max(...each));
  const urgent = endsOf(...queue, { audioS: 30, deadlineS: 5 });
  expect(urgent.first).toBe(15);
  expect(urgent.last).toBe(Math.max(...urgent.each));
  expect(endsOf()).toMatchObject({ first: 0, last: 0 });
});
