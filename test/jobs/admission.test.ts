import { expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { Admission } from "../../src/jobs/admission.ts";
import { stages, type Ticket } from "../../src/jobs/ticket.ts";

const nothing = { text: "", language: null, segments: [], words: null };

interface Limits {
  readonly lanes?: number;
  readonly waitingMax?: number;
  readonly uploadsMax?: number;
}

/** A machine whose clock the test moves. */
function machine({ lanes = 1, waitingMax = 0, uploadsMax = 100 }: Limits) {
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
  /** A transcription whose audio is here. */
  const queue = (client?: string) => {
    const ticket = upload(client);
    admission.queue(ticket);
    return ticket;
  };
  /** Works a ticket's audio off in so many seconds. */
  const finish = (ticket: Ticket, audioS: number, tookS: number) => {
    ticket.note({ type: "started" });
    clock.s += tookS;
    ticket.note({ type: "progress", doneS: audioS, totalS: audioS, heardS: audioS });
    ticket.note({ type: "done", transcript: { ...nothing, durationS: audioS } });
    ticket[Symbol.dispose]();
  };
  return { admission, clock, size, upload, queue, finish };
}

function refusalOf(act: () => Ticket | void): AsrError {
  try {
    act();
  } catch (error) {
    if (error instanceof AsrError) return error;
  }
  throw new Error("Expected to be refused");
}

const busy = { code: "server_busy", kind: { status: 503, retry: true } };
const overShare = { code: "rate_limit_exceeded", kind: { status: 429, retry: true } };

test("the queue takes one transcription a lane and those that may wait, then refuses before the upload", () => {
  const { queue, upload, size } = machine({ lanes: 2, waitingMax: 1 });
  const tickets = [queue(), queue(), queue()];
  const refusal = refusalOf(upload);
  expect(refusal).toMatchObject(busy);
  expect(refusal.message).toMatch(
    /^Server busy: 3 transcriptions running or queued \(limit: OPEN_ASR_SERVER_QUEUE_MAX\)\. Retry in \d+ s\.$/,
  );
  tickets[1]![Symbol.dispose]();
  tickets[1]![Symbol.dispose]();
  queue();
  expect(refusalOf(upload)).toMatchObject(busy);
  // The number of lanes is asked for each time.
  size.lanes = 3;
  queue();
  expect(refusalOf(upload)).toMatchObject(busy);
});

test("without a queue, no transcription waits", () => {
  const { queue, upload } = machine({ lanes: 1, waitingMax: 0 });
  const ticket = queue();
  expect(refusalOf(upload)).toMatchObject(busy);
  ticket[Symbol.dispose]();
  queue();
  expect(refusalOf(upload)).toMatchObject(busy);
});

test("an upload takes no place in the queue before its audio is here", () => {
  const { admission, queue, upload } = machine({ lanes: 1, waitingMax: 0, uploadsMax: 3 });
  const uploads = [upload(), upload()];
  const ticket = queue();
  expect(refusalOf(() => admission.queue(uploads[0]!))).toMatchObject(busy);
  uploads[0]![Symbol.dispose]();
  ticket[Symbol.dispose]();
  admission.queue(uploads[1]!);
  expect(uploads[1]!.stage).toBe("waiting");
});

test("uploads are bounded, and an upload that is here gives its slot back", () => {
  const { admission, upload } = machine({ lanes: 9, uploadsMax: 2 });
  const first = upload();
  const second = upload();
  const refusal = refusalOf(upload);
  expect(refusal).toMatchObject(busy);
  expect(refusal.message).toBe(
    "Server busy: 2 uploads in progress (limit: OPEN_ASR_SERVER_UPLOADS_MAX). Retry in 5 s.",
  );
  admission.queue(first);
  upload();
  expect(refusalOf(upload)).toMatchObject(busy);
  second[Symbol.dispose]();
  upload();
});

test("a ticket is counted in the stage that it is in, and in none once it is disposed of", () => {
  const { admission, upload, queue } = machine({ waitingMax: 9 });
  const [uploading, waiting, working] = [upload(), queue(), queue()];
  working.note({ type: "started" });
  const counts = () => stages.map((stage) => admission.count(stage));
  expect(counts()).toEqual([1, 1, 1]);
  for (const ticket of [uploading, waiting, working]) ticket[Symbol.dispose]();
  expect(counts()).toEqual([0, 0, 0]);
});

test("a refused client retries when the audio in the queue has been worked off, at the measured speed", () => {
  const { queue, upload, finish } = machine({ waitingMax: 2 });
  // Four seconds of audio a second, for so long that no guess counts any more.
  for (let n = 0; n < 200; n++) finish(queue(), 20, 5);
  const tickets = [queue(), queue(), queue()];
  for (const ticket of tickets) ticket.note({ type: "progress", doneS: 0, totalS: 40, heardS: 0 });
  expect(refusalOf(upload).retryAfterS).toBeWithin(29, 32);
  tickets[0]!.note({ type: "started" });
  tickets[0]!.note({ type: "progress", doneS: 36, totalS: 40, heardS: 36 });
  expect(refusalOf(upload).retryAfterS).toBeWithin(20, 23);
  // Lengths that are not known yet are taken for the usual one.
  const unknown = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) unknown.finish(unknown.queue(), 20, 5);
  for (let n = 0; n < 3; n++) unknown.queue();
  expect(refusalOf(unknown.upload).retryAfterS).toBeWithin(15, 17);
});

test("one long file changes the usual length a little, a faster machine the speed within minutes", () => {
  const { queue, upload, finish } = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) finish(queue(), 4, 1);
  finish(queue(), 28, 7);
  for (let n = 0; n < 3; n++) queue();
  // The mean is 6.4 s then, of which four are transcribed in a second.
  expect(refusalOf(upload).retryAfterS).toBeWithin(4, 7);

  const faster = machine({});
  for (let n = 0; n < 200; n++) faster.finish(faster.queue(), 20, 5);
  // For a minute it transcribes ten times as fast: half of the weight is the new speed's.
  for (let n = 0; n < 120; n++) faster.finish(faster.queue(), 20, 0.5);
  expect(faster.admission.speed).toBeWithin(18, 27);
});

test("silence, however long, makes the machine no faster and others no longer", () => {
  const { admission, clock, queue, upload, finish } = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) finish(queue(), 30, 3);
  expect(admission.speed).toBeWithin(9, 11);
  // No lane hears anything of it, and its turn comes when it is over.
  for (let n = 0; n < 1000; n++) {
    const silent = queue();
    silent.note({ type: "progress", doneS: 0, totalS: 14_400, heardS: 0 });
    silent.note({ type: "started" });
    silent.note({ type: "done", transcript: { ...nothing, durationS: 14_400 } });
    silent[Symbol.dispose]();
  }
  expect(admission.speed).toBeWithin(9, 11);
  const tickets = [queue(), queue(), queue()];
  expect(refusalOf(upload).retryAfterS).toBeWithin(1, 11);
  for (const ticket of tickets) ticket[Symbol.dispose]();
  const lateSpeech = queue();
  lateSpeech.note({ type: "started" });
  clock.s += 3;
  lateSpeech.note({ type: "progress", doneS: 14_400, totalS: 14_400, heardS: 30 });
  lateSpeech[Symbol.dispose]();
  expect(admission.speed).toBeWithin(9, 11);
});

test("the length that a file claims counts for no other", () => {
  const { queue, upload, finish } = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) finish(queue(), 20, 5);
  const claimed = queue();
  claimed.note({ type: "progress", doneS: 0, totalS: 1e297, heardS: 0 });
  claimed[Symbol.dispose]();
  for (let n = 0; n < 3; n++) queue();
  expect(refusalOf(upload).retryAfterS).toBeWithin(15, 17);
});

test("time in which several lanes work counts once", () => {
  const { admission, queue, finish } = machine({ lanes: 2 });
  for (let n = 0; n < 200; n++) {
    const beside = queue();
    beside.note({ type: "started" });
    finish(queue(), 20, 5);
    beside.note({ type: "progress", doneS: 20, totalS: 20, heardS: 20 });
    beside[Symbol.dispose]();
  }
  expect(admission.speed).toBeWithin(7.5, 8.5);
});

test("no client is told to stay away for less than a second or more than a minute", () => {
  const { queue, upload } = machine({});
  const ticket = queue();
  ticket.note({ type: "progress", doneS: 0, totalS: 0.1, heardS: 0 });
  expect(refusalOf(upload).retryAfterS).toBe(1);
  ticket.note({ type: "progress", doneS: 0, totalS: 100_000, heardS: 0 });
  expect(refusalOf(upload).retryAfterS).toBe(60);
});

test("one client may have every place as long as no other waits", () => {
  const { queue } = machine({ lanes: 2, waitingMax: 6 });
  const tickets = Array.from({ length: 8 }, () => queue("ann"));
  for (let n = 0; n < 20; n++) {
    tickets.shift()![Symbol.dispose]();
    tickets.push(queue("ann"));
  }
});

test("while another client waits, a client may have its share of the queue only", () => {
  const { clock, queue, upload } = machine({ lanes: 2, waitingMax: 6 });
  const anns = Array.from({ length: 8 }, () => queue("ann"));
  expect(refusalOf(() => upload("bob"))).toMatchObject(busy);
  // A place becomes free: it is for the one that waits.
  anns.pop()![Symbol.dispose]();
  const refusal = refusalOf(() => upload("ann"));
  expect(refusal).toMatchObject(overShare);
  expect(refusal.message).toMatch(
    /^Too many transcriptions from one client: 7 running .* \(its share of OPEN_ASR_SERVER_QUEUE_MAX: 4\)\. Retry in \d+ s\.$/,
  );
  queue("bob");
  // Bob has a place and waits no longer.
  anns.pop()![Symbol.dispose]();
  queue("ann");
  // A third client waits: then shares are of a third.
  expect(refusalOf(() => upload("eve"))).toMatchObject(busy);
  anns.pop()![Symbol.dispose]();
  expect(refusalOf(() => upload("ann")).message).toContain("QUEUE_MAX: 2");
  // It does not return: after a while its place is anyone's.
  clock.s += 120;
  queue("ann");
});

test("a client that has its share does not count as waiting", () => {
  const { queue, upload } = machine({ lanes: 4, waitingMax: 0 });
  const [ann] = [queue("ann"), queue("ann")];
  queue("bob");
  queue("bob");
  expect(refusalOf(() => upload("ann"))).toMatchObject(busy);
  ann[Symbol.dispose]();
  queue("bob");
});

test("a client that has less than its share is let in beside those that wait", () => {
  const { queue, upload } = machine({ lanes: 4, waitingMax: 0 });
  const [ann] = [queue("ann"), queue("ann"), queue("ann"), queue("ann")];
  expect(refusalOf(() => upload("bob"))).toMatchObject(busy);
  ann[Symbol.dispose]();
  queue("eve");
});

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
  const begun = fillSlots(young, [550, 550], { s: 9 });
  expect(refusalOf(young.upload)).toMatchObject(busy);
  expect(droppedOf(begun)).toEqual([]);
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
