import { expect, test } from "bun:test";
import { stages } from "../../src/jobs/ticket.ts";
import { busy, machine, nothing, overShare, refusalOf } from "./machine.ts";

test("the queue accepts one transcription per lane plus the maximum of waiting ones, and rejects the next one before its upload", () => {
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
  // The number of lanes changes. The queue must use the new number for the next request.
  size.lanes = 3;
  queue();
  expect(refusalOf(upload)).toMatchObject(busy);
});

test("without a queue, only as many transcriptions as lanes are accepted", () => {
  const { queue, upload } = machine({ lanes: 1, waitingMax: 0 });
  const ticket = queue();
  expect(refusalOf(upload)).toMatchObject(busy);
  ticket[Symbol.dispose]();
  queue();
  expect(refusalOf(upload)).toMatchObject(busy);
});

test("an upload takes a slot in the queue only when its audio has arrived", () => {
  const { admission, queue, upload } = machine({ lanes: 1, waitingMax: 0, uploadsMax: 3 });
  const uploads = [upload(), upload()];
  const ticket = queue();
  expect(refusalOf(() => admission.queue(uploads[0]!))).toMatchObject(busy);
  uploads[0]![Symbol.dispose]();
  ticket[Symbol.dispose]();
  admission.queue(uploads[1]!);
  expect(uploads[1]!.stage).toBe("waiting");
});

test("the number of uploads is limited, and an upload that has arrived frees its slot", () => {
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

test("the admission counts a ticket in its current stage, and in no stage after the ticket is disposed", () => {
  const { admission, upload, queue } = machine({ waitingMax: 9 });
  const [uploading, waiting, working] = [upload(), queue(), queue()];
  working.note({ type: "started" });
  const counts = () => stages.map((stage) => admission.count(stage));
  expect(counts()).toEqual([1, 1, 1]);
  for (const ticket of [uploading, waiting, working]) ticket[Symbol.dispose]();
  expect(counts()).toEqual([0, 0, 0]);
});

test("Retry-After is the time that the measured speed needs for the audio in the queue", () => {
  const { queue, upload, finish } = machine({ waitingMax: 2 });
  // Each of these jobs transcribes four seconds of audio per second. There are so many jobs that the initial estimate
  // of the speed has almost no weight.
  for (let n = 0; n < 200; n++) finish(queue(), 20, 5);
  const tickets = [queue(), queue(), queue()];
  for (const ticket of tickets)
    ticket.note({ type: "progress", doneS: 0, totalS: 40, processedS: 0 });
  expect(refusalOf(upload).retryAfterS).toBeWithin(29, 32);
  tickets[0]!.note({ type: "started" });
  tickets[0]!.note({ type: "progress", doneS: 36, totalS: 40, processedS: 36 });
  expect(refusalOf(upload).retryAfterS).toBeWithin(20, 23);
  // These files have an unknown length. The queue assumes that each of them has the mean length of earlier files.
  const unknown = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) unknown.finish(unknown.queue(), 20, 5);
  for (let n = 0; n < 3; n++) unknown.queue();
  expect(refusalOf(unknown.upload).retryAfterS).toBeWithin(15, 17);
});

test("the end of a transcription is known while it is in the queue, after the first measurement", () => {
  const { admission, queue, upload, finish } = machine({ waitingMax: 9 });
  const early = queue();
  expect(admission.finishTimeOf(early)).toBeNull();
  early[Symbol.dispose]();
  for (let n = 0; n < 200; n++) finish(queue(), 20, 5);
  const [first, second] = [queue(), queue()];
  for (const ticket of [first, second])
    ticket.note({ type: "progress", doneS: 0, totalS: 40, processedS: 0 });
  expect(admission.finishTimeOf(first)).toBeCloseTo(10, 0);
  expect(admission.finishTimeOf(second)).toBeCloseTo(20, 0);
  expect(admission.finishTimes.first).toBeCloseTo(10, 0);
  expect(admission.finishTimes.last).toBeCloseTo(20, 0);
  expect(admission.finishTimeOf(upload())).toBeNull();
  first[Symbol.dispose]();
  expect(admission.finishTimeOf(first)).toBeNull();
  expect(admission.finishTimeOf(second)).toBeCloseTo(10, 0);
});

test("one long file changes the usual length a little; a faster machine changes the measured speed within minutes", () => {
  const { queue, upload, finish } = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) finish(queue(), 4, 1);
  finish(queue(), 28, 7);
  for (let n = 0; n < 3; n++) queue();
  // The mean length of a file is now 6.4 s. The machine transcribes four seconds of audio per second.
  expect(refusalOf(upload).retryAfterS).toBeWithin(4, 7);

  const faster = machine({});
  for (let n = 0; n < 200; n++) faster.finish(faster.queue(), 20, 5);
  // These 120 jobs take one minute in total. Before this minute, the machine transcribes 4 s of audio per second; in
  // this minute, 40 s. The measured speed must then be about halfway between these two speeds.
  for (let n = 0; n < 120; n++) faster.finish(faster.queue(), 20, 0.5);
  expect(faster.admission.speed).toBeWithin(18, 27);
});

test("long silence changes neither the measured speed nor the wait of other clients", () => {
  const { admission, clock, queue, upload, finish } = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) finish(queue(), 30, 3);
  expect(admission.speed).toBeWithin(9, 11);
  // These files are silent, so their jobs send no audio to a lane. Each job starts and ends at the same time.
  for (let n = 0; n < 1000; n++) {
    const silent = queue();
    silent.note({ type: "progress", doneS: 0, totalS: 14_400, processedS: 0 });
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
  lateSpeech.note({ type: "progress", doneS: 14_400, totalS: 14_400, processedS: 30 });
  lateSpeech[Symbol.dispose]();
  expect(admission.speed).toBeWithin(9, 11);
});

test("the length that a file claims does not change the usual length", () => {
  const { queue, upload, finish } = machine({ waitingMax: 2 });
  for (let n = 0; n < 200; n++) finish(queue(), 20, 5);
  const claimed = queue();
  claimed.note({ type: "progress", doneS: 0, totalS: 1e297, processedS: 0 });
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
    beside.note({ type: "progress", doneS: 20, totalS: 20, processedS: 20 });
    beside[Symbol.dispose]();
  }
  expect(admission.speed).toBeWithin(7.5, 8.5);
});

test("Retry-After is at least a second and at most a minute", () => {
  const { queue, upload } = machine({});
  const ticket = queue();
  ticket.note({ type: "progress", doneS: 0, totalS: 0.1, processedS: 0 });
  expect(refusalOf(upload).retryAfterS).toBe(1);
  ticket.note({ type: "progress", doneS: 0, totalS: 100_000, processedS: 0 });
  expect(refusalOf(upload).retryAfterS).toBe(60);
});

test("a client may use every queue slot while no other client waits", () => {
  const { queue } = machine({ lanes: 2, waitingMax: 6 });
  const tickets = Array.from({ length: 8 }, () => queue("ann"));
  for (let n = 0; n < 20; n++) {
    tickets.shift()![Symbol.dispose]();
    tickets.push(queue("ann"));
  }
});

test("while another client waits, a client may use only its share of the queue", () => {
  const { clock, queue, upload } = machine({ lanes: 2, waitingMax: 6 });
  const anns = Array.from({ length: 8 }, () => queue("ann"));
  expect(refusalOf(() => upload("bob"))).toMatchObject(busy);
  // Bob waits, so the next slot that becomes free is reserved for him.
  anns.pop()![Symbol.dispose]();
  const refusal = refusalOf(() => upload("ann"));
  expect(refusal).toMatchObject(overShare);
  expect(refusal.message).toMatch(
    /^Too many transcriptions from one client: 7 running .* \(its share of OPEN_ASR_SERVER_QUEUE_MAX: 4\)\. Retry in \d+ s\.$/,
  );
  queue("bob");
  // Bob has a slot now, so no client waits any more.
  anns.pop()![Symbol.dispose]();
  queue("ann");
  // Eve waits, too. Now there are three clients, so the share of each client is a third of the slots.
  expect(refusalOf(() => upload("eve"))).toMatchObject(busy);
  anns.pop()![Symbol.dispose]();
  expect(refusalOf(() => upload("ann")).message).toContain("QUEUE_MAX: 2");
  // Eve sends no further request. After two minutes, other clients may use the slot that was reserved for her.
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

test("a client with less than its share gets a slot before other clients that wait", () => {
  const { queue, upload } = machine({ lanes: 4, waitingMax: 0 });
  const [ann] = [queue("ann"), queue("ann"), queue("ann"), queue("ann")];
  expect(refusalOf(() => upload("bob"))).toMatchObject(busy);
  ann[Symbol.dispose]();
  queue("eve");
});
