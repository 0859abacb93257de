/**
 * Tests the assignment of free lanes: which job gets a lane, in which order, and when a job no longer waits for one.
 */
import { describe, expect, test } from "bun:test";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import { LanePool } from "../../../src/runner/engine/lanes.ts";

/** A lane without functions, because these tests call none of them. */
const lane = {} as LaneClient;

function open() {
  const pool = new LanePool([lane], 1);
  const order: string[] = [];
  /** Occupies a lane until the test calls `release`. */
  const use = (job: number, name: string, signal = new AbortController().signal) => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const done = pool.use(job, signal, async () => {
      order.push(name);
      await promise;
      return name;
    });
    return { done, release };
  };
  return { order, use };
}

test("a free lane goes to the job that was served longest ago", async () => {
  const { order, use } = open();
  const uses = [use(1, "1a"), use(1, "1b"), use(1, "1c"), use(2, "2a"), use(2, "2b")];
  for (const one of uses) one.release();
  await Promise.all(uses.map(({ done }) => done));
  expect(order).toEqual(["1a", "2a", "1b", "2b", "1c"]);
});

test("long jobs proceed while short jobs keep arriving, and short jobs need not wait for the end of the long ones", async () => {
  const { order, use } = open();
  const long = [1, 2, 3, 4].flatMap((job) => [use(job, "long"), use(job, "long")]);
  for (const one of long) one.release();
  let come = 0;
  const finished: Promise<unknown>[] = [];
  // A new short job arrives when a short job ends, so two short jobs wait at any time.
  const another = (): void => {
    if (++come > 100) return;
    const short = use(100 + come, "short");
    short.release();
    finished.push(short.done.then(another));
  };
  another();
  another();
  await Promise.all(long.map(({ done }) => done));
  expect(come).toBeLessThan(50);
  // Each new job gets one early turn, in the order in which the jobs arrive. The four long jobs arrived before the two
  // short jobs.
  expect(order.slice(0, 6)).toEqual(["long", "long", "long", "long", "short", "short"]);
});

test("a cancelled job stops waiting for a busy lane, and the next job gets the lane", async () => {
  const { order, use } = open();
  const leaving = new AbortController();
  const busy = use(1, "busy");
  const left = [use(2, "left", leaving.signal), use(2, "left too", leaving.signal)];
  const next = use(3, "next");
  leaving.abort();
  for (const { done } of left) {
    expect(await done.catch(({ code }) => code)).toBe("client_closed_request");
  }
  expect(await use(2, "later", leaving.signal).done.catch(({ code }) => code)).toBe(
    "client_closed_request",
  );
  busy.release();
  next.release();
  expect([await busy.done, await next.done]).toEqual(["busy", "next"]);
  expect(order).toEqual(["busy", "next"]);
});

test("a lane that becomes free in the moment of a cancel is not lost", async () => {
  const { use } = open();
  const leaving = new AbortController();
  const busy = use(1, "busy");
  const left = use(2, "left", leaving.signal);
  left.release();
  // The second job is cancelled after the end of the first job, and before the start of the second job.
  busy.release();
  void busy.done.then(() => leaving.abort());
  expect(await busy.done).toBe("busy");
  await left.done.catch(() => {});
  const next = use(3, "next");
  next.release();
  expect(await next.done).toBe("next");
});

test("a use borrows the threads of free lanes and returns them", async () => {
  const lanes = Array.from({ length: 3 }, () => ({}) as LaneClient);
  const pool = new LanePool(lanes, 2);
  const { signal } = new AbortController();
  const first = Promise.withResolvers<void>();
  const threads: number[] = [];
  const use = (until: Promise<void> = Promise.resolve()) =>
    pool.use(threads.length, signal, async (_lane, n) => {
      threads.push(n);
      await until;
    });
  const held = use(first.promise);
  await Bun.sleep(1);
  await use();
  first.resolve();
  await held;
  await use();
  // The first use gets the threads of all three lanes. The second use runs at the same time, so it gets the threads of
  // the two other lanes. The third use runs alone, so it gets all threads again.
  expect(threads).toEqual([6, 4, 6]);
});

test("a use borrows at most as many threads as an encoder can use", async () => {
  const pool = new LanePool(
    Array.from({ length: 20 }, () => ({}) as LaneClient),
    1,
  );
  const { signal } = new AbortController();
  expect(await pool.use(1, signal, async (_lane, threads) => threads)).toBe(8);
});

test("pin() spreads over the lanes and returns the one with the fewest pins", () => {
  const [a, b] = [{} as LaneClient, {} as LaneClient];
  const pool = new LanePool([a, b], 1);
  expect([pool.pin(), pool.pin(), pool.pin()]).toEqual([a, b, a]);
  pool.unpin(a);
  pool.unpin(a);
  expect(pool.pin()).toBe(a);
});

test("a lane is cleaned up before waiting jobs get it, and stays usable if the cleanup fails", async () => {
  const pool = new LanePool([lane], 1);
  const { signal } = new AbortController();
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const busy = pool.use(1, signal, () => held.promise);
  const waiting = pool.use(2, signal, async () => void order.push("job"));
  const clean = pool.cleanUp(lane, async () => void order.push("clean"));
  const broken = pool.cleanUp(lane, () => Promise.reject(new Error("it broke")));
  broken.catch(() => {});
  held.resolve();
  await Promise.all([busy, waiting, clean]);
  expect(order).toEqual(["clean", "job"]);
  expect(await broken.catch(({ message }) => message)).toBe("it broke");
  // The lane is free, so it is cleaned up immediately.
  await pool.cleanUp(lane, async () => void order.push("again"));
  expect(await pool.use(3, signal, async () => order.at(-1))).toBe("again");
});

test("a use that needs a certain lane waits for it, and other uses get the other lanes", async () => {
  const [a, b] = [{} as LaneClient, {} as LaneClient];
  const pool = new LanePool([a, b], 1);
  const { signal } = new AbortController();
  const order: string[] = [];
  const held = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() };
  const use = (job: number, name: string, on: LaneClient | null, until?: Promise<void>) =>
    pool.use(
      job,
      signal,
      async (found) => {
        order.push(`${name} on ${found === a ? "a" : "b"}`);
        await until;
      },
      { on },
    );
  const first = use(1, "first", a, held.a.promise);
  const second = use(2, "second", null, held.b.promise);
  const pinned = use(3, "pinned", a);
  const any = use(4, "any", null);
  held.b.resolve();
  await Promise.all([second, any]);
  expect(order).toEqual(["first on a", "second on b", "any on b"]);
  held.a.resolve();
  await Promise.all([first, pinned]);
  expect(order.at(-1)).toBe("pinned on a");
  // Both lanes are free, so both uses start immediately.
  await Promise.all([use(5, "a", a), use(6, "b", b)]);
  expect(order.slice(-2)).toEqual(["a on a", "b on b"]);
});

test("long jobs leave the reserved lanes to short jobs", async () => {
  const pool = new LanePool([{} as LaneClient, {} as LaneClient, {} as LaneClient], 1, 1);
  const order: string[] = [];
  const use = (job: number, name: string) => {
    const { promise, resolve: release } = Promise.withResolvers<void>();
    const done = pool.use(job, new AbortController().signal, async () => {
      order.push(name);
      await promise;
    });
    return { done, release };
  };
  for (const job of [1, 2]) pool.turns.setRemaining(job, 3600);
  pool.turns.setRemaining(3, 5);
  const [first, ...others] = [use(1, "1a"), use(1, "1b"), use(2, "2a"), use(3, "3a")];
  await Bun.sleep(0);
  expect(order).toEqual(["1a", "1b", "3a"]);
  first?.release();
  await Bun.sleep(0);
  expect(order).toEqual(["1a", "1b", "3a", "2a"]);
  for (const { release } of others) release();
  await Promise.all(others.map(({ done }) => done));
});

describe("a limit", () => {
  const openPool = (count: number) => {
    const lanes = Array.from({ length: count }, () => ({}) as LaneClient);
    const pool = new LanePool(lanes, 1);
    const running: { lane: LaneClient; threads: number; end: () => void }[] = [];
    const use = (job: number, on: LaneClient | null = null, lengthS = 5): Promise<void> => {
      pool.turns.setRemaining(job, lengthS);
      return pool.use(
        job,
        new AbortController().signal,
        (used, threads) => new Promise<void>((end) => running.push({ lane: used, threads, end })),
        { on },
      );
    };
    return { lanes, pool, running, use };
  };

  test("lanes above it get no work", async () => {
    const { lanes, pool, running, use } = openPool(4);
    pool.limitTo(2);
    void [1, 2, 3].map((job) => use(job));
    await Bun.sleep(0);
    expect(running.map(({ lane: one }) => lanes.indexOf(one)).toSorted((a, b) => a - b)).toEqual([
      0, 1,
    ]);
    running[0]?.end();
    await Bun.sleep(0);
    expect(running).toHaveLength(3);
    expect(pool.laneCount).toBe(4);
  });

  test("a lane above it that is busy ends its work, and gets no other work", async () => {
    const { lanes, pool, running, use } = openPool(2);
    void [1, 2].map((job) => use(job));
    pool.limitTo(1);
    void use(3);
    await Bun.sleep(0);
    running.find(({ lane: one }) => one === lanes[1])?.end();
    await Bun.sleep(0);
    expect(running).toHaveLength(2);
    running.find(({ lane: one }) => one === lanes[0])?.end();
    await Bun.sleep(0);
    expect(running[2]?.lane).toBe(lanes[0]);
  });

  test("a higher one gives lanes to the jobs that wait, at once", async () => {
    const { pool, running, use } = openPool(4);
    pool.limitTo(1);
    void [1, 2, 3, 4, 5].map((job) => use(job));
    await Bun.sleep(0);
    expect(running).toHaveLength(1);
    pool.limitTo(4);
    await Bun.sleep(0);
    expect(running).toHaveLength(4);
    for (const { end } of running.splice(0)) end();
    await Bun.sleep(0);
    expect(running).toHaveLength(1);
  });

  test("an encoder uses no threads of lanes above it", async () => {
    const { pool, running, use } = openPool(4);
    pool.limitTo(2);
    void use(1);
    await Bun.sleep(0);
    expect(running[0]?.threads).toBe(2);
  });

  test("a job that pinned a lane above it keeps the lane, and new jobs pin other lanes", async () => {
    const { lanes, pool, running, use } = openPool(2);
    const pinned = [pool.pin(), pool.pin()];
    expect(pinned.map((one) => lanes.indexOf(one))).toEqual([0, 1]);
    pool.limitTo(1);
    void use(1, lanes[1]);
    await Bun.sleep(0);
    expect(running[0]?.lane).toBe(lanes[1]);
    for (let pins = 0; pins < 2; pins++) expect(pool.pin()).toBe(lanes[0]!);
  });

  test("its lanes are reserved for short jobs as before", async () => {
    const { pool, running, use } = openPool(4);
    pool.limitTo(2, 1);
    void [1, 2].map((job) => use(job, null, 3600));
    await Bun.sleep(0);
    expect(running).toHaveLength(1);
  });
});
