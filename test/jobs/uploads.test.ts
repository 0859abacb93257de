/** Which uploads give way when all slots are in use. */
import { expect, test } from "bun:test";
import type { AsrError } from "../../src/errors.ts";
import type { Ticket } from "../../src/jobs/ticket.ts";
import { busy, machine, overShare, refusalOf } from "./machine.ts";

/** As many uploads of `client` as fill every slot, at so many bytes a second, `s` seconds old. */
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

/** Uploads that come whole, one after another. */
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

test("when uploads have every slot, the one that is far slower than usual gives way to a newcomer", () => {
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
  // The rest is fast enough.
  expect(refusalOf(one.upload)).toMatchObject(busy);
  expect(droppedOf(tickets)).toEqual([1, 2]);
});

test("a server full of uploads that all trickle lets a newcomer in", () => {
  const one = machine({ uploadsMax: 66 });
  const tickets = fillSlots(
    one,
    Array.from({ length: 66 }, () => 550),
  );
  one.upload();
  expect(droppedOf(tickets)).toHaveLength(1);
});

test("no upload is dropped as long as a slot is free, or before it could show its rate", () => {
  const free = machine({ uploadsMax: 3 });
  const slow = fillSlots(free, [550, 550]);
  free.upload();
  expect(droppedOf(slow)).toEqual([]);
  const young = machine({ uploadsMax: 2 });
  const begun = fillSlots(young, [550, 550], { s: 1 });
  expect(refusalOf(young.upload)).toMatchObject(busy);
  expect(droppedOf(begun)).toEqual([]);
});

test("uploads that their clients renew before long give way, to a newcomer of the same client too", () => {
  const one = machine({ uploadsMax: 4 });
  const tickets = fillSlots(one, [560, 550, 570, 580], { s: 3 });
  const bob = one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1]);
  // Bob has one more slot reserved, so ann may only replace an upload of her own, though bob's is slower.
  one.clock.s += 3;
  for (const ticket of tickets) ticket.arrival.add(1700);
  one.upload("ann");
  expect(droppedOf([...tickets, bob])).toEqual([0, 1]);
});

test("a young upload gives way only to a client that has less than its share", () => {
  const one = machine({ uploadsMax: 4 });
  const tickets = fillSlots(one, [560, 550, 570, 580], { s: 1 });
  expect(refusalOf(() => one.upload("ann"))).toMatchObject(busy);
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1]);
  // Without shares to go by, each client with one upload.
  const many = machine({ uploadsMax: 3 });
  const each = ["ann", "bob", "eve"].map((client) => many.upload(client));
  many.clock.s += 1;
  expect(refusalOf(() => many.upload("zoe"))).toMatchObject(busy);
  many.clock.s += 1;
  many.upload("zoe");
  expect(droppedOf(each)).toHaveLength(1);
});

test("a client above its share yields an upload that was slow for long before one that has just begun", () => {
  const one = machine({ uploadsMax: 3 });
  const tickets = [one.upload(), one.upload()];
  one.clock.s += 3;
  for (const ticket of tickets) ticket.arrival.add(60_000);
  tickets.push(one.upload());
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([0]);
});

test("an honest slow upload outlives uploads that send less, even while these are too young to be judged", () => {
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

test("an upload that is about to finish is spared, but not when it stops just before its end", () => {
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

test("a client that waited has one more slot reserved for a while after it got one", () => {
  const one = machine({ lanes: 1000, uploadsMax: 4 });
  // Too fast to be dropped.
  const tickets = fillSlots(one, [1e6, 1e6, 1e6, 1e6]);
  expect(refusalOf(() => one.upload("bob"))).toMatchObject(busy);
  tickets[0]![Symbol.dispose]();
  one.upload("bob")[Symbol.dispose]();
  expect(refusalOf(() => one.upload("ann"))).toMatchObject(overShare);
  one.upload("bob")[Symbol.dispose]();
  one.clock.s += 6;
  one.upload("ann");
});

test("where all clients are slow, none of them is dropped", () => {
  const one = machine({ lanes: 1000, uploadsMax: 4 });
  // The fast clients of the day have gone; phones on a bad line remain.
  finishUploads(one, 1e6, 100);
  finishUploads(one, 5000, 64);
  const tickets = fillSlots(one, [5000, 3000, 4000, 800]);
  expect(refusalOf(one.upload)).toMatchObject(busy);
  expect(droppedOf(tickets)).toEqual([]);
});

test("an upload that began fast and trickles now is as slow as it is now", () => {
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

test("a client with more than its share of the slots yields its slowest upload to another client", () => {
  const one = machine({ lanes: 1000, uploadsMax: 4 });
  finishUploads(one, 5000, 64);
  const tickets = fillSlots(one, [5000, 3000, 4000, 6000]);
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1]);
  // Each has its half then, or would have more with one more upload.
  tickets[1]![Symbol.dispose]();
  one.upload("bob");
  expect(droppedOf(tickets)).toEqual([1, 2]);
  expect(refusalOf(() => one.upload("bob"))).toMatchObject(busy);
  expect(droppedOf(tickets)).toEqual([1, 2]);
});

test("only a client with more than its share yields, and only to one with less", () => {
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

test("a client with more than its share of the slots begins no upload while another waits", () => {
  const one = machine({ uploadsMax: 4 });
  // Too fast to be dropped.
  const tickets = fillSlots(one, [1e6, 1e6, 1e6, 1e6]);
  expect(refusalOf(() => one.upload("bob"))).toMatchObject(busy);
  tickets[0]![Symbol.dispose]();
  expect(refusalOf(() => one.upload("ann"))).toMatchObject(overShare);
  one.upload("bob");
});
