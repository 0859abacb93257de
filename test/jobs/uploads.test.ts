/** Tests which upload the server drops when all upload slots are in use. */
import { expect, test } from "bun:test";
import type { AsrError } from "../../src/errors.ts";
import type { Ticket } from "../../src/jobs/ticket.ts";
import { busy, machine, overShare, refusalOf } from "./machine.ts";

/** Starts one upload of `client` for each rate (in bytes per second), and lets `s` seconds pass. */
function fillSlots(
  { upload, clock }: ReturnType<typeof machine>,
  rates: readonly number[],
  { client = "ann", s = 30 } = {},
): Ticket[] {
  const tickets = rates.map(() => upload(client));
  for (let second = 0; second < s; second++) {
    clock.s += 1;
    for (const [n, ticket] of tickets.entries()) ticket.arrival.add(rates[n]!);
  }
  return tickets;
}

/** Completes `count` uploads at this rate, one after another. */
function finishUploads(one: ReturnType<typeof machine>, rate: number, count: number): void {
  for (let n = 0; n < count; n++) {
    for (const ticket of fillSlots(one, [rate])) {
      one.admission.queue(ticket);
      ticket[Symbol.dispose]();
    }
  }
}

const droppedOf = (tickets: readonly Ticket[]) =>
  tickets.flatMap(({ signal }, n) => (signal.aborted ? [n] : []));

test("the server drops an upload far below the usual rate for a new one when all slots are in use", () => {
  const one = machine({ uploadsMax: 4 });
  const tickets = fillSlots(one, [90_000, 550, 700, 80_000]);
  expect(droppedOf(tickets)).toEqual([]);
  one.upload();
  expect(droppedOf(tickets)).toEqual([1]);
  const reason = tickets[1]!.signal.reason as AsrError;
  expect(reason).toMatchObject(busy);
  expect(reason.message).toMatch(
    /^The upload was dropped .*all 4 .*UPLOADS_MAX.* \d+ bytes\/s\. Retry in 5 s\.$/,
  );
  tickets[1]![Symbol.dispose]();
  one.upload();
  expect(droppedOf(tickets)).toEqual([1, 2]);
  // The remaining uploads are fast enough, so the server drops none of them.
  expect(refusalOf(one.upload)).toMatchObject(busy);
  expect(droppedOf(tickets)).toEqual([1, 2]);
});

test("a server whose uploads are all very slow accepts a new one", () => {
  const one = machine({ uploadsMax: 66 });
  const tickets = fillSlots(
    one,
    Array.from({ length: 66 }, () => 550),
  );
  one.upload();
  expect(droppedOf(tickets)).toHaveLength(1);
});

test("the server drops no upload while a slot is free, or before it has measured the upload's rate", () => {
  const free = machine({ uploadsMax: 3 });
  const slow = fillSlots(free, [550, 550]);
  free.upload();
  expect(droppedOf(slow)).toEqual([]);
  const young = machine({ uploadsMax: 2 });
  const begun = fillSlots(young, [550, 550], { s: 1 });
  expect(refusalOf(young.upload)).toMatchObject(busy);
  expect(droppedOf(begun)).toEqual([]);
});

test("the server drops slow uploads that their client restarts often, also for a new upload of the same client", () => {
  const one = machine({ uploadsMax: 4 });
  const tickets = fillSlots(one, [560, 550, 570, 580], { s: 3 });
  const bob = one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1]);
  // A second slot is reserved for bob. So a new upload of ann may replace only an upload of ann, although the upload of
  // bob is slower.
  one.clock.s += 3;
  for (const ticket of tickets) ticket.arrival.add(1700);
  one.upload("ann");
  expect(droppedOf([...tickets, bob])).toEqual([0, 1]);
});

test("the server drops a young upload only for a client with less than its share", () => {
  const one = machine({ uploadsMax: 4 });
  const tickets = fillSlots(one, [560, 550, 570, 580], { s: 1 });
  expect(refusalOf(() => one.upload("ann"))).toMatchObject(busy);
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1]);
  // Each of the three clients has one upload, so no client has more than its share.
  const many = machine({ uploadsMax: 3 });
  const each = ["ann", "bob", "eve"].map((client) => many.upload(client));
  many.clock.s += 1;
  expect(refusalOf(() => many.upload("zoe"))).toMatchObject(busy);
  many.clock.s += 1;
  many.upload("zoe");
  expect(droppedOf(each)).toHaveLength(1);
});

test("the server drops an upload that was slow for long rather than one that has just begun", () => {
  const one = machine({ uploadsMax: 3 });
  const tickets = [one.upload(), one.upload()];
  one.clock.s += 3;
  for (const ticket of tickets) ticket.arrival.add(60_000);
  tickets.push(one.upload());
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([0]);
});

test("the server keeps a slow upload before uploads that send less, even if these are too young to be judged", () => {
  const one = machine({ uploadsMax: 4 });
  const [phone] = fillSlots(one, [5000], { client: "phone", s: 20 });
  const young = ["ann", "bob", "eve"].map((client) => one.upload(client));
  for (const ticket of young) ticket.arrival.add(550);
  one.clock.s += 1;
  phone!.arrival.add(5000);
  expect(refusalOf(() => one.upload("zoe"))).toMatchObject(busy);
  one.clock.s += 2;
  phone!.arrival.add(10_000);
  for (const ticket of young) ticket.arrival.add(1100);
  for (const client of ["zoe", "max", "kim"]) one.upload(client);
  expect(droppedOf([phone!, ...young])).toEqual([1, 2, 3]);
});

test("the server does not drop an upload that is about to finish, but drops an upload that stops just before its end", () => {
  const one = machine({ uploadsMax: 2 });
  const signal = new AbortController().signal;
  const enter = (announcedBytes: number) =>
    one.admission.enter({ client: "ann", signal, announcedBytes });
  const [nearly, far] = [enter(2000), enter(1_000_000)];
  one.clock.s += 3;
  nearly.arrival.add(1800);
  far.arrival.add(2400);
  const bob = one.upload("bob");
  expect(droppedOf([nearly, far])).toEqual([1]);
  one.clock.s += 2.5;
  bob.arrival.add(500_000);
  one.upload("eve");
  expect(droppedOf([nearly, far])).toEqual([0, 1]);
});

test("a client that waited and got a slot has another slot reserved for a while", () => {
  const one = machine({ lanes: 1000, uploadsMax: 4 });
  // The following uploads are too fast to be dropped.
  const tickets = fillSlots(one, [1e6, 1e6, 1e6, 1e6]);
  expect(refusalOf(() => one.upload("bob"))).toMatchObject(busy);
  tickets[0]![Symbol.dispose]();
  one.upload("bob")[Symbol.dispose]();
  expect(refusalOf(() => one.upload("ann"))).toMatchObject(overShare);
  one.upload("bob")[Symbol.dispose]();
  one.clock.s += 6;
  one.upload("ann");
});

test("when all clients are slow, the server drops none of their uploads", () => {
  const one = machine({ lanes: 1000, uploadsMax: 4 });
  // The fast clients have left, and only slow clients remain.
  finishUploads(one, 1e6, 100);
  finishUploads(one, 5000, 64);
  const tickets = fillSlots(one, [5000, 3000, 4000, 800]);
  expect(refusalOf(one.upload)).toMatchObject(busy);
  expect(droppedOf(tickets)).toEqual([]);
});

test("the rate of an upload is its current rate, not its mean from the start", () => {
  const one = machine({ uploadsMax: 2 });
  const [burst, steady] = [one.upload(), one.upload()];
  burst.arrival.add(50_000_000);
  for (let s = 0; s < 40; s++) {
    one.clock.s += 1;
    burst.arrival.add(550);
    steady.arrival.add(70_000);
  }
  one.upload();
  expect(droppedOf([burst, steady])).toEqual([0]);
});

test("the server drops the slowest upload of a client above its share for an upload of another client", () => {
  const one = machine({ lanes: 1000, uploadsMax: 4 });
  finishUploads(one, 5000, 64);
  const tickets = fillSlots(one, [5000, 3000, 4000, 6000]);
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1]);
  // The second upload of bob replaces another upload of ann. After that, each client has half of the slots, so the
  // server rejects a third upload of bob.
  tickets[1]![Symbol.dispose]();
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1, 2]);
  expect(refusalOf(() => one.upload("bob"))).toMatchObject(busy);
  expect(droppedOf(tickets)).toEqual([1, 2]);
});

test("the server drops an upload only of a client above its share, and only for a client below its share", () => {
  const three = machine({ lanes: 1000, uploadsMax: 4 });
  finishUploads(three, 5000, 64);
  const anns = fillSlots(three, [6000, 4000, 5000], { s: 0 });
  const bobs = fillSlots(three, [3000], { client: "bob", s: 0 });
  const rates = [6000, 4000, 5000, 3000];
  for (let s = 0; s < 30; s++) {
    three.clock.s += 1;
    for (const [n, ticket] of [...anns, ...bobs].entries()) ticket.arrival.add(rates[n]!);
  }
  three.upload("eve");
  expect(droppedOf([...anns, ...bobs])).toEqual([1]);

  const two = machine({ lanes: 1000, uploadsMax: 5 });
  finishUploads(two, 5000, 64);
  fillSlots(two, [5000, 5000, 5000], { s: 10 });
  fillSlots(two, [5000, 5000], { client: "bob", s: 10 });
  expect(refusalOf(() => two.upload("bob"))).toMatchObject(busy);
});

test("a client above its share may start no upload while another client waits", () => {
  const one = machine({ uploadsMax: 4 });
  // The following uploads are too fast to be dropped.
  const tickets = fillSlots(one, [1e6, 1e6, 1e6, 1e6]);
  expect(refusalOf(() => one.upload("bob"))).toMatchObject(busy);
  tickets[0]![Symbol.dispose]();
  expect(refusalOf(() => one.upload("ann"))).toMatchObject(overShare);
  one.upload("bob");
});
