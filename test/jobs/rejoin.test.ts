/**
 * Tests the transcriptions and failures that the server keeps for retries: their limits, equal uploads, and the
 * shutdown of the server.
 */
import { expect, test } from "bun:test";
import type { Answer } from "../../src/jobs/answer.ts";
import { Lifecycle } from "../../src/jobs/lifecycle.ts";
import { Rejoin } from "../../src/jobs/rejoin.ts";
import { Ticket } from "../../src/jobs/ticket.ts";
import { createLog } from "../../src/log.ts";
import { neverAborted } from "../../src/platform/abort.ts";
import { busy, machine, refusalOf } from "./machine.ts";

function openRejoin(rejoinS = 60) {
  const lifecycle = new Lifecycle();
  const lines: string[] = [];
  const log = createLog({ logLevel: "info", logFormat: "text" }, (line) => lines.push(line));
  const admission = { abandon: () => {}, rejoin: () => {} };
  return { lifecycle, lines, rejoin: new Rejoin({ rejoinS, admission, lifecycle, log }) };
}

function answerOf(text: Promise<string> = new Promise(() => {})): Answer {
  return {
    requestId: "req_1",
    ticket: new Ticket({ client: "ann", signal: neverAborted }),
    text,
  };
}

test("each kept answer is given to only one retry, even if two uploads are equal", () => {
  const { rejoin } = openRejoin();
  const [first, second, other] = [answerOf(), answerOf(), answerOf()];
  rejoin.keep("upload", first);
  rejoin.keep("upload", second);
  rejoin.keep("other", other);
  expect([1, 2, 3].map(() => rejoin.take("upload"))).toEqual([second, first, null]);
  expect(rejoin.take("other")).toBe(other);
  expect(rejoin.counts).toEqual({ joined: 3, expired: 0, displaced: 0, stopping: 0 });
});

test("a retry gets the newest answer, not the failure of an earlier client", () => {
  const { rejoin } = openRejoin();
  const [failure, running] = [answerOf(), answerOf()];
  rejoin.keepFailure("upload", failure);
  rejoin.keep("upload", running);
  expect(rejoin.take("upload")).toBe(running);
});

test("a transcription is stopped after the rejoin time; a failure is kept for longer", async () => {
  const { rejoin, lines } = openRejoin(0.02);
  const answer = answerOf();
  rejoin.keep("job", answer);
  rejoin.keepFailure("failure", answerOf());
  await Bun.sleep(60);
  expect(answer.ticket.signal.reason).toMatchObject({ code: "client_closed_request" });
  expect(rejoin.take("job")).toBeNull();
  expect(rejoin.take("failure")).not.toBeNull();
  expect(rejoin.counts).toMatchObject({ joined: 0, expired: 1 });
  expect(lines).toEqual([expect.stringContaining("abandoned id=req_1 end=expired")]);
});

test("the number of kept answers is limited: the oldest one ends first", () => {
  const { rejoin } = openRejoin();
  const oldest = answerOf();
  rejoin.keep("oldest", oldest);
  for (let n = 0; n < 999; n++) rejoin.keepFailure(String(n), answerOf());
  expect(oldest.ticket.signal.aborted).toBe(false);
  rejoin.keepFailure("newest", answerOf());
  expect(oldest.ticket.signal.aborted).toBe(true);
  expect(rejoin.take("oldest")).toBeNull();
  expect(rejoin.take("0")).not.toBeNull();
});

test("the text of kept answers is limited: the oldest one ends first", async () => {
  const { rejoin } = openRejoin();
  const half = "x".repeat(17 * 1024 * 1024);
  rejoin.keep("running", answerOf());
  rejoin.keep("first", answerOf(Promise.resolve(half)));
  await Bun.sleep(0);
  expect(rejoin.counts.displaced).toBe(0);
  rejoin.keep("second", answerOf(Promise.resolve(half)));
  await Bun.sleep(0);
  expect(rejoin.take("first")).toBeNull();
  expect(rejoin.take("second")).not.toBeNull();
});

test("a transcription that fails without a client is in the log when no retry comes", async () => {
  const { rejoin, lines } = openRejoin(0.02);
  const failed = Promise.reject(new Error("the disk is gone"));
  rejoin.keep("job", answerOf(failed));
  await Bun.sleep(60);
  expect(lines[0]).toContain("error=internal_error");
  expect(lines[0]).toContain("the disk is gone");
});

test("when the server stops, every kept answer ends and no other one is kept", () => {
  const { rejoin, lifecycle } = openRejoin();
  const answer = answerOf();
  rejoin.keep("job", answer);
  rejoin.keepFailure("failure", answerOf());
  expect(rejoin.isOn).toBe(true);
  lifecycle.stop();
  expect(rejoin.isOn).toBe(false);
  expect(answer.ticket.signal.aborted).toBe(true);
  rejoin.keepFailure("late", answerOf());
  expect(["job", "failure", "late"].map((id) => rejoin.take(id))).toEqual([null, null, null]);
});

test("an abandoned transcription blocks no request, and is stopped when its slot is needed", () => {
  const { admission, queue } = machine({ lanes: 1, waitingMax: 1 });
  const stopped: string[] = [];
  const [first, second] = [queue("ann"), queue("bob")];
  admission.abandon(first, () => stopped.push("first"));
  admission.abandon(second, () => stopped.push("second"));
  queue("cleo");
  expect(stopped).toEqual(["first"]);
  queue("dora");
  expect(stopped).toEqual(["first", "second"]);
  expect(refusalOf(() => queue("erin"))).toMatchObject(busy);
});

test("a transcription whose client returns has its slot again", () => {
  const { admission, queue } = machine({ lanes: 1, waitingMax: 0 });
  const stopped: string[] = [];
  const ticket = queue("ann");
  admission.abandon(ticket, () => stopped.push("ann"));
  admission.rejoin(ticket);
  expect(refusalOf(() => queue("bob"))).toMatchObject(busy);
  ticket[Symbol.dispose]();
  queue("bob");
  expect(stopped).toEqual([]);
});

test("an abandoned transcription that ends frees its slot", () => {
  const { admission, queue } = machine({ lanes: 1, waitingMax: 0 });
  const stopped: string[] = [];
  const ticket = queue("ann");
  admission.abandon(ticket, () => stopped.push("ann"));
  ticket[Symbol.dispose]();
  queue("bob");
  expect(stopped).toEqual([]);
});

test("a transcription that was abandoned before it reached the queue blocks no request, either", () => {
  const { admission, upload, queue } = machine({ lanes: 1, waitingMax: 0 });
  const stopped: string[] = [];
  const waitsForModel = upload("ann");
  admission.abandon(waitsForModel, () => stopped.push("ann"));
  admission.queue(waitsForModel);
  expect(stopped).toEqual([]);
  queue("bob");
  expect(stopped).toEqual(["ann"]);
});

test("a client that returns before its transcription reaches the queue has a slot", () => {
  const { admission, upload, queue } = machine({ lanes: 1, waitingMax: 0 });
  const stopped: string[] = [];
  const waitsForModel = upload("ann");
  admission.abandon(waitsForModel, () => stopped.push("ann"));
  admission.rejoin(waitsForModel);
  admission.queue(waitsForModel);
  expect(refusalOf(() => queue("bob"))).toMatchObject(busy);
  expect(stopped).toEqual([]);
});
