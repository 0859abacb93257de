import { expect, test } from "bun:test";
import { Ticket } from "../../src/jobs/ticket.ts";

function ticketAt(clock: { s: number }): Ticket {
  const { signal } = new AbortController();
  return new Ticket({ client: "ann", signal, now: () => clock.s * 1000 });
}

test("a ticket returns the seconds in each stage that it reached, and null for the other stages", () => {
  const clock = { s: 100 };
  const ticket = ticketAt(clock);
  clock.s += 1;
  expect(ticket.secondsIn("uploading")).toBe(1);
  expect(ticket.secondsIn("waiting")).toBeNull();
  ticket.wait();
  clock.s += 2;
  ticket.note({ type: "started" });
  clock.s += 4;
  // A second runner continues the job and sends `started` again.
  ticket.note({ type: "started" });
  clock.s += 4;
  ticket[Symbol.dispose]();
  clock.s += 100;
  const seconds = (["uploading", "waiting", "working"] as const).map((s) => ticket.secondsIn(s));
  expect(seconds).toEqual([1, 2, 8]);
});

test("the upload time of an aborted upload ends with the upload", () => {
  const clock = { s: 0 };
  const ticket = ticketAt(clock);
  clock.s += 3;
  ticket[Symbol.dispose]();
  clock.s += 3;
  expect(ticket.secondsIn("uploading")).toBe(3);
  expect(ticket.secondsIn("waiting")).toBeNull();
});

test("a listener gets each stage once", () => {
  const heard: string[] = [];
  const ticket = ticketAt({ s: 0 });
  ticket.onStage((stage) => heard.push(stage));
  ticket.wait();
  ticket.note({ type: "started" });
  ticket.note({ type: "started" });
  ticket[Symbol.dispose]();
  ticket[Symbol.dispose]();
  expect(heard).toEqual(["waiting", "working", "done"]);
});

test("a ticket's signal is aborted with the client's signal, or by the server with a reason", () => {
  const client = new AbortController();
  const ticket = new Ticket({ client: "ann", signal: client.signal });
  client.abort();
  expect(ticket.signal.aborted).toBe(true);
  const other = ticketAt({ s: 0 });
  const reason = new Error("too late");
  other.abort(reason);
  expect(other.signal.reason).toBe(reason);
});

test("the audio that is left counts once for each channel that is transcribed", () => {
  const ticket = ticketAt({ s: 0 });
  const half = { type: "progress", doneS: 20, totalS: 40, processedS: 20 } as const;
  ticket.note(half);
  expect(ticket.remainingS(0)).toBe(20);
  ticket.note({ ...half, passes: 2 });
  expect(ticket.remainingS(0)).toBe(40);
});
