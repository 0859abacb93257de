/** Tests the times of the stages of a job, with a clock that the test sets. */
import { expect, test } from "bun:test";
import { addTimes, noTimes } from "../../src/runner/engine/engine-times.ts";
import { JobClock } from "../../src/runner/job-clock.ts";
import { lanesOf } from "./job.ts";

const callTimes = { featuresS: 0.125, encoderS: 1, decoderS: 0.5 };

/** Opens the clock of a job. `pass` lets a number of seconds pass. `lane` is a lane whose calls take 2 s each. */
function open() {
  let nowMs = 5000;
  const pass = (seconds: number): void => void (nowMs += 1000 * seconds);
  let times = noTimes;
  const [lane] = lanesOf({
    takeTimes: () => {
      const taken = times;
      times = noTimes;
      return taken;
    },
  });
  const call = (): void => {
    pass(2);
    times = { ...addTimes(times, callTimes), busyS: times.busyS + 2 };
  };
  const file = { decodeS: 0, vadS: 0 };
  return { clock: new JobClock(() => nowMs), pass, call, lane: lane!, file };
}

const doneOf = ({ clock, file }: ReturnType<typeof open>) => clock.workDone(file);

test("a job waits while no lane works for it", async () => {
  const job = open();
  job.pass(3);
  await job.clock.onLane(job.lane, async () => job.call());
  job.pass(4);
  // The engine has waited for other lanes in 0.375 s of its call.
  expect(doneOf(job).waiting).toBe(3 + 4 + 0.375);
});

test("two lanes at the same time count together, and no wait counts before both are free", async () => {
  const job = open();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const one = job.clock.onLane(job.lane, () => first.promise);
  const other = job.clock.onLane(job.lane, () => second.promise);
  job.call();
  first.resolve();
  await one;
  job.call();
  second.resolve();
  await other;
  expect(doneOf(job)).toMatchObject({ features: 0.25, encoder: 2, decoder: 1, waiting: 0.75 });
});

test("calls outside of the job's uses of a lane do not count for the job", async () => {
  const job = open();
  job.call();
  await job.clock.onLane(job.lane, async () => job.call());
  expect(doneOf(job)).toMatchObject({ encoder: 1, decoder: 0.5 });
});

test("the time of a failed call counts", async () => {
  const job = open();
  const failing = job.clock.onLane(job.lane, async () => {
    job.call();
    throw new Error("cancelled");
  });
  expect(await failing.catch(String)).toBe("Error: cancelled");
  expect(doneOf(job)).toMatchObject({ encoder: 1, decoder: 0.5, waiting: 0.375 });
});

test("the main thread's work between two calls on a lane, and after a lane, is assembly", async () => {
  const job = open();
  await job.clock.onLane(job.lane, async () => {
    job.call();
    job.pass(0.25);
  });
  expect(job.clock.assemble(() => (job.pass(0.5), "text"))).toBe("text");
  expect(doneOf(job)).toMatchObject({ assembly: 0.75, waiting: 0.375 });
});

test("while the audio thread works for other jobs, a job without a lane waits", async () => {
  const job = open();
  await job.clock.reading(job.file, async () => {
    job.pass(5);
    job.file.decodeS += 1;
    job.file.vadS += 2;
  });
  expect(doneOf(job)).toMatchObject({ decode: 1, vad: 2, waiting: 2 });
});

test("while a lane works for the job, a job that needs more audio does not wait", async () => {
  const job = open();
  const lane = Promise.withResolvers<void>();
  const working = job.clock.onLane(job.lane, () => lane.promise);
  await job.clock.reading(job.file, async () => {
    job.pass(5);
    job.file.decodeS += 1;
  });
  lane.resolve();
  await working;
  expect(doneOf(job)).toMatchObject({ decode: 1, waiting: 0 });
});
