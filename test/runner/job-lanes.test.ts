/** Tests that a short job takes a lane from a long job, and that the stopped work runs again. */
import { describe, expect, test } from "bun:test";
import { LanePool } from "../../src/runner/engine/lanes.ts";
import type { LanesOfJob } from "../../src/runner/job-lanes.ts";
import { lanesOf, lanesOfJob } from "./job.ts";

interface Lengths {
  readonly [job: number]: number;
}

/** Opens a pool with two lanes. `start` starts work that ends when the test ends it, or when it is stopped. */
function open(lengths: Lengths) {
  const pool = new LanePool(lanesOf({}, {}), 1);
  for (const [job, seconds] of Object.entries(lengths))
    pool.turns.setRemaining(Number(job), seconds);
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (job: number, name: string, of: LanesOfJob = lanesOfJob({ pool, job })) =>
    of.use(async (_lane, { cancel: stopFlag }) => {
      log.push(`${name} starts`);
      const state = { isEnded: false };
      ends.set(name, () => void (state.isEnded = true));
      while (stopFlag[0] === 0 && !state.isEnded) await Bun.sleep(1);
      if (stopFlag[0] !== 0) {
        log.push(`${name} stops`);
        throw new Error("stopped");
      }
      log.push(`${name} ends`);
      return name;
    });
  return { pool, log, start, end: (name: string) => ends.get(name)!() };
}

const soon = () => Bun.sleep(20);

test("a work gets the length of the audio that its job has left, at most 128 s", async () => {
  const pool = new LanePool(lanesOf({}), 1);
  pool.turns.setRemaining(1, 5);
  pool.turns.setRemaining(2, 3600);
  const lengths = [1, 2, 3].map((job) =>
    lanesOfJob({ pool, job }).use(async (_lane, { remainingS }) => remainingS),
  );
  expect(await Promise.all(lengths)).toEqual([5, 128, 128]);
});

describe("while long jobs use all lanes", () => {
  test("a short job takes the lane whose work started last, and that work runs again", async () => {
    const { log, start, end } = open({ 1: 3600, 2: 3600, 3: 5 });
    const long = [start(1, "a"), start(2, "b")];
    await soon();
    const short = start(3, "short");
    await soon();
    expect(log).toEqual(["a starts", "b starts", "b stops", "short starts"]);
    end("short");
    expect(await short).toBe("short");
    await soon();
    expect(log.slice(4)).toEqual(["short ends", "b starts"]);
    end("a");
    end("b");
    expect(await Promise.all(long)).toEqual(["a", "b"]);
  });

  test("work is stopped once only, so long jobs make progress", async () => {
    const { log, start, end } = open({ 1: 3600, 2: 3600, 3: 5, 4: 5, 5: 5 });
    const long = [start(1, "a"), start(2, "b")];
    await soon();
    for (const [job, name] of [
      [3, "first"],
      [4, "second"],
      [5, "third"],
    ] as const) {
      const short = start(job, name);
      await soon();
      if (name === "third") break;
      end(name);
      await short;
      await soon();
    }
    expect(log.filter((line) => line.endsWith(" stops"))).toEqual(["b stops", "a stops"]);
    expect(log).not.toContain("third starts");
    for (const name of ["a", "b"]) end(name);
    expect(await Promise.all(long)).toEqual(["a", "b"]);
    await soon();
    end("third");
  });

  test.each([
    ["is not short", { 1: 3600, 2: 3600, 3: 30 }],
    ["has an unknown length", { 1: 3600, 2: 3600 }],
    ["waits for a job that is not long", { 1: 3600, 2: 20, 3: 5 }],
  ])("a job that %s stops nothing", async (_why, lengths) => {
    const { log, start, end } = open(lengths);
    const others = [start(1, "a"), start(2, "b")];
    await soon();
    const job = start(3, "job");
    await soon();
    expect(log).toEqual(["a starts", "b starts"]);
    end("a");
    end("b");
    await soon();
    end("job");
    await Promise.all([...others, job]);
  });

  test("a job with a deadline keeps its lanes", async () => {
    const { pool, log, start, end } = open({ 1: 3600, 2: 3600, 3: 5 });
    pool.turns.setDeadline(2, 1000);
    void start(1, "a");
    void start(2, "b");
    await soon();
    const short = start(3, "short");
    await soon();
    expect(log).toEqual(["a starts", "b starts"]);
    for (const name of ["a", "b"]) end(name);
    await soon();
    end("short");
    await short;
  });

  test("only one lane goes to short jobs at the same time", async () => {
    const { log, start, end } = open({ 1: 3600, 2: 3600, 3: 5, 4: 5 });
    void start(1, "a");
    void start(2, "b");
    await soon();
    const shorts = [start(3, "first"), start(4, "second")];
    await soon();
    expect(log.filter((line) => line.endsWith(" stops"))).toEqual(["b stops"]);
    end("first");
    await soon();
    end("second");
    await Promise.all(shorts);
    await soon();
    for (const name of ["a", "b"]) end(name);
  });
});

test("a cancelled job does not run again", async () => {
  const { pool, log, start } = open({ 1: 3600 });
  const controller = new AbortController();
  const { signal } = controller;
  const work = start(1, "a", lanesOfJob({ pool, job: 1, signal }));
  await soon();
  controller.abort();
  expect(await work.catch(String)).toBe("Error: stopped");
  await soon();
  expect(log).toEqual(["a starts", "a stops"]);
});
