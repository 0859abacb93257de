import { expect, test } from "bun:test";
import { Ticket } from "../../src/jobs/ticket.ts";

function ticketAt(clock: { s: number }): Ticket {
  const { signal } = new AbortController();
  return new Ticket({ client: "ann", signal, now: () => clock.s * 1000 });
}

test("a ticket has the time of each stage, and none of those that it never reached", () => {
  const clock = { s: 100 };
  const ticket = ticketAt(clock);
  clock.s += 1;
  expect(ticket.secondsIn("uploading")).toBe(1);
  expect(ticket.secondsIn("waiting")).toBeNull();
  ticket.wait();
  clock.s += 2;
  ticket.note({ type: "started" });
  clock.s += 4;
  // The next runner goes on with it.
  ticket.note({ type: "started" });
  clock.s += 4;
  ticket[Symbol.dispose]();
  clock.s += 100;
  const seconds = (["uploading", "waiting", "working"] as const).map((s) => ticket.secondsIn(s));
  expect(seconds).toEqual([1, 2, 8]);
});

test("the time of an upload that was given up ends then", () => {
  const clock = { s: 0 };
  const ticket = ticketAt(clock);
  clock.s += 3;
  ticket[Symbol.dispose]();
  clock.s += 3;
  expect(ticket.secondsIn("uploading")).toBe(3);
  expect(ticket.secondsIn("waiting")).toBeNull();
});

test("listeners hear each stage once", () => {
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

test("its signal is aborted with the client's, and by a reason of the server", () => {
  const client = new AbortController();
  const ticket = new Ticket({ client: "ann", signal: client.signal });
  client.abort();
  expect(ticket.signal.aborted).toBe(true);
  const other = ticketAt({ s: 0 });
  const reason = new Error("too late");
  other.abort(reason);
  expect(other.signal.reason).toBe(reason);
});
