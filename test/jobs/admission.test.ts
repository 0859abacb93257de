import { expect, test } from "bun:test";
import { Admission, type Place } from "../../src/jobs/admission.ts";
import { AsrError } from "../../src/errors.ts";
import { Pace } from "../../src/jobs/pace.ts";

/** A machine whose clock the test moves. */
function machine(lanes: number, waitingMax: number) {
  const clock = { s: 0 };
  const admission = new Admission({ lanes, waitingMax }, new Pace(() => clock.s * 1000));
  /** Works a place's audio off in so many seconds. */
  const finish = (place: Place, audioS: number, tookS: number) => {
    place.work();
    clock.s += tookS;
    place.advance({ doneS: audioS, totalS: audioS });
    place.finish();
    place[Symbol.dispose]();
  };
  return { admission, clock, finish };
}

const refusalOf = (admission: Admission): AsrError => {
  try {
    using _place = admission.enter();
  } catch (error) {
    if (error instanceof AsrError) return error;
  }
  throw new Error("Expected to be refused");
};

test("Admission.enter() lets in one a lane and those that may wait, then refuses", () => {
  const { admission } = machine(2, 1);
  const places = [admission.enter(), admission.enter(), admission.enter()];
  expect(refusalOf(admission)).toMatchObject({
    code: "server_busy",
    kind: { status: 503, retry: true },
  });
  places[1]![Symbol.dispose]();
  using _next = admission.enter();
  expect(refusalOf(admission).code).toBe("server_busy");
});

test("a place is counted in the stage that it is in, and in none once it is given back", () => {
  const { admission } = machine(1, 9);
  const [uploading, waiting, working] = [admission.enter(), admission.enter(), admission.enter()];
  waiting.wait();
  working.wait();
  working.work();
  const counts = () =>
    (["uploading", "waiting", "working"] as const).map((s) => admission.count(s));
  expect(counts()).toEqual([1, 1, 1]);
  for (const place of [uploading, waiting, working]) place[Symbol.dispose]();
  expect(counts()).toEqual([0, 0, 0]);
});

test("who is refused comes back when the audio that is here has been worked off, at the measured speed", () => {
  const { admission, finish } = machine(1, 2);
  // Four seconds of audio a second, for so long that no guess counts any more.
  for (let n = 0; n < 200; n++) finish(admission.enter(), 20, 5);
  const places = [admission.enter(), admission.enter(), admission.enter()];
  for (const place of places) place.advance({ doneS: 0, totalS: 40 });
  expect(refusalOf(admission).retryAfterS).toBeWithin(29, 32);
  places[0]!.work();
  places[0]!.advance({ doneS: 36, totalS: 40 });
  expect(refusalOf(admission).retryAfterS).toBeWithin(20, 23);
  // Lengths that are not known yet are taken for the usual one.
  const { admission: unknown, finish: finishUnknown } = machine(1, 2);
  for (let n = 0; n < 200; n++) finishUnknown(unknown.enter(), 20, 5);
  const held = [unknown.enter(), unknown.enter(), unknown.enter()];
  expect(refusalOf(unknown).retryAfterS).toBeWithin(15, 17);
  for (const place of held) place[Symbol.dispose]();
});

test("silence, however long, makes the machine no faster and others no longer", () => {
  const { admission, clock, finish } = machine(1, 2);
  for (let n = 0; n < 200; n++) finish(admission.enter(), 30, 3);
  expect(admission.speed).toBeWithin(9, 11);
  // No lane hears anything of it, and its turn comes when it is over.
  for (let n = 0; n < 1000; n++) {
    const silent = admission.enter();
    silent.advance({ doneS: 0, totalS: 14_400 });
    silent.work();
    silent.finish();
    silent[Symbol.dispose]();
  }
  expect(admission.speed).toBeWithin(9, 11);
  const places = [admission.enter(), admission.enter(), admission.enter()];
  expect(refusalOf(admission).retryAfterS).toBeWithin(1, 11);
  for (const place of places) place[Symbol.dispose]();
  const lateSpeech = admission.enter();
  lateSpeech.work();
  clock.s += 3;
  lateSpeech.advance({ doneS: 14_400, totalS: 14_400 });
  lateSpeech[Symbol.dispose]();
  expect(admission.speed).toBeWithin(9, 11);
});

test("what a file claims of its length counts for no other", () => {
  const { admission, finish } = machine(1, 2);
  for (let n = 0; n < 200; n++) finish(admission.enter(), 20, 5);
  const claimed = admission.enter();
  claimed.advance({ doneS: 0, totalS: 1e297 });
  claimed[Symbol.dispose]();
  const held = [admission.enter(), admission.enter(), admission.enter()];
  expect(refusalOf(admission).retryAfterS).toBeWithin(15, 17);
  for (const place of held) place[Symbol.dispose]();
});

test("time in which several lanes work counts once", () => {
  const { admission, finish } = machine(2, 0);
  for (let n = 0; n < 200; n++) {
    const beside = admission.enter();
    beside.work();
    finish(admission.enter(), 20, 5);
    beside.advance({ doneS: 20, totalS: 20 });
    beside[Symbol.dispose]();
  }
  expect(admission.speed).toBeWithin(7.5, 8.5);
});

test("nobody is told to stay away for less than a second or more than a minute", () => {
  const { admission } = machine(1, 0);
  using place = admission.enter();
  place.advance({ doneS: 0, totalS: 0.1 });
  expect(refusalOf(admission).retryAfterS).toBe(1);
  place.advance({ doneS: 0, totalS: 100_000 });
  expect(refusalOf(admission).retryAfterS).toBe(60);
});
