/**
 * Tests the order in which jobs get lanes: with examples, and with thousands of random schedules on simulated lanes, whose
 * time passes only when the simulation says so.
 */
import { describe, expect, test } from "bun:test";
import type { LaneClient } from "../../../src/runner/engine/lane-client.ts";
import { LanePool } from "../../../src/runner/engine/lanes.ts";
import { Turns } from "../../../src/runner/engine/turns.ts";
import { randomOf } from "../../models/fuzz/mutate.ts";

interface Example {
  readonly chunks: number;
  readonly remainingS?: number;
  readonly deadlineMs?: number;
  readonly client?: string;
}

/** Returns the jobs in the order in which one lane serves their chunks. `jobs` are lengths and numbers of chunks. */
function served(jobs: readonly Example[]): number[] {
  const turns = new Turns(1);
  const left = jobs.map(({ chunks }) => chunks);
  jobs.forEach(({ remainingS, deadlineMs, client }, job) => {
    if (client !== undefined) turns.setClient(job, client);
    if (remainingS !== undefined) turns.setRemaining(job, remainingS);
    if (deadlineMs !== undefined) turns.setDeadline(job, deadlineMs);
    turns.wait(job);
  });
  const order: number[] = [];
  for (;;) {
    const waiting = left.flatMap((chunks, job) => (chunks > 0 ? [job] : []));
    const next = waiting[turns.next(waiting)];
    if (next === undefined) return order;
    left[next]!--;
    turns.serve(next);
    order.push(next);
  }
}

describe("a lane goes", () => {
  test("to the job with the least audio left", () => {
    const clips = [40, 11, 5, 20].map((remainingS) => ({ remainingS, chunks: 1 }));
    expect(served([{ remainingS: 3600, chunks: 3 }, ...clips]).slice(0, 3)).toEqual([3, 2, 4]);
  });

  test("every fourth time to the job that was served longest ago", () => {
    const order = served([
      { remainingS: 3600, chunks: 5 },
      ...Array.from({ length: 15 }, () => ({ remainingS: 5, chunks: 1 })),
    ]);
    expect(order.flatMap((job, turn) => (job === 0 ? [turn] : []))[0]).toBe(3);
  });

  test("to the job with the earliest deadline, and every fourth time to another", () => {
    const order = served([
      { remainingS: 5, chunks: 2 },
      { remainingS: 3600, chunks: 5, deadlineMs: 2_000 },
      { remainingS: 3600, chunks: 2, deadlineMs: 1_000 },
    ]);
    expect(order).toEqual([2, 2, 1, 0, 1, 1, 1, 0, 1]);
  });

  test("in turn to long files, whatever their lengths are", () => {
    const order = served([
      { remainingS: 3600, chunks: 20 },
      { remainingS: 7200, chunks: 20 },
      { chunks: 20 },
    ]);
    const firstHalf = order.slice(0, 30);
    expect([0, 1, 2].map((job) => firstHalf.filter((one) => one === job).length)).toEqual([
      10, 10, 10,
    ]);
  });

  test("in turn to the clients, in spite of shorter jobs and earlier deadlines", () => {
    const order = served([
      { remainingS: 3600, chunks: 5, client: "ann" },
      { remainingS: 5, chunks: 1, client: "bob" },
      { remainingS: 5, chunks: 1, client: "bob" },
      { remainingS: 60, chunks: 4, deadlineMs: 1_000, client: "bob" },
    ]);
    const clients = order.map((job) => (job === 0 ? "ann" : "bob"));
    expect(clients.slice(0, 8).join(" ")).toBe("bob ann bob ann bob ann bob ann");
  });

  test("to no job that has more audio than its header declared before another", () => {
    const order = served([
      { remainingS: -10, chunks: 9 },
      { remainingS: 3600, chunks: 9 },
    ]);
    expect(order.slice(0, 8).filter((job) => job === 0)).toHaveLength(4);
  });
});

/** A chunk of a simulated job. */
interface Chunk {
  readonly job: number;
  readonly lengthS: number;
  /** Number of lanes that were given away while the chunk waited; null if it does not wait. */
  waitedTurns: number | null;
  runs: number;
}

/** Runs a random schedule, and returns the rules of the scheduler that it broke. */
async function simulate(seed: number): Promise<string[]> {
  const random = randomOf(seed);
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const laneCount = whole(1, 4);
  const lanes = Array.from({ length: laneCount }, (_, name) => ({ name }) as unknown as LaneClient);
  const pool = new LanePool(lanes, 1);
  const broken: string[] = [];
  const busy = new Set<LaneClient>();
  const running = new Map<() => void, number>();
  const waiting = new Set<Chunk>();
  const chunks: Chunk[] = [];
  const jobCount = whole(1, 12);
  const cancels = Array.from({ length: jobCount }, () => new AbortController());
  const clients = Array.from({ length: jobCount }, () => whole(1, 3));
  const passed = new PassedTurns(2 * laneCount);
  let nowS = 0;

  const push = (chunk: Chunk): void => {
    chunk.waitedTurns = 0;
    waiting.add(chunk);
    const work = async (lane: LaneClient): Promise<void> => {
      if (busy.has(lane)) broken.push("a lane ran two chunks");
      if (cancels[chunk.job]!.signal.aborted) broken.push("a cancelled job got a lane");
      busy.add(lane);
      chunk.runs++;
      waiting.delete(chunk);
      for (const other of waiting) other.waitedTurns!++;
      const waitingClients = new Set([...waiting].map(({ job }) => clients[job]!));
      broken.push(...passed.grant(clients[chunk.job]!, waitingClients));
      // Each waiting job may be served before a chunk, and new jobs have a head start of two turns per lane. Each of the
      // three clients may be passed over.
      const limit = 3 * 4 * (chunks.length + 2 * laneCount + 1);
      if (chunk.waitedTurns! > limit) broken.push(`a chunk waited ${chunk.waitedTurns} turns`);
      const { promise, resolve } = Promise.withResolvers<void>();
      running.set(resolve, nowS + chunk.lengthS);
      await promise;
      busy.delete(lane);
    };
    pool
      .use(chunk.job, cancels[chunk.job]!.signal, work)
      .catch(() => {})
      .finally(() => waiting.delete(chunk));
  };
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 8; n++) await Promise.resolve();
    if (waiting.size > 0 && busy.size < laneCount)
      broken.push("a lane was free while a job waited");
  };

  for (let job = 0; job < jobCount; job++) {
    const count = random() < 0.3 ? whole(5, 40) : whole(1, 3);
    pool.turns.setClient(job, `client ${clients[job]}`);
    if (random() < 0.8) pool.turns.setRemaining(job, count * whole(1, 30));
    if (random() < 0.2) pool.turns.setDeadline(job, whole(1, 1000));
    for (let n = 0; n < count; n++) {
      const chunk: Chunk = { job, lengthS: 0.1 + random() * 3, waitedTurns: null, runs: 0 };
      chunks.push(chunk);
      push(chunk);
    }
    // Time passes before the next job arrives.
    for (let steps = whole(0, 6); steps > 0; steps--) await step();
  }
  await settle();
  while (running.size > 0) await step();

  async function step(): Promise<void> {
    await settle();
    const [first] = [...running].toSorted(([, a], [, b]) => a - b);
    if (first === undefined) return;
    const [end, endS] = first;
    nowS = endS;
    if (random() < 0.05) cancels[whole(0, jobCount - 1)]!.abort();
    running.delete(end);
    end();
    await settle();
  }

  for (const { job, runs } of chunks) {
    const cancelled = cancels[job]!.signal.aborted;
    if (runs > 1 || (runs === 0 && !cancelled)) broken.push(`a chunk ran ${runs} times`);
  }
  if (busy.size > 0 || waiting.size > 0) broken.push("a lane or a chunk was left over");
  return broken;
}

/** Counts the turns that other clients get while a client waits. */
class PassedTurns {
  readonly #max: number;
  readonly #waited = new Map<number, Map<number, number>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Records a turn of `client` while the clients `waiting` wait. Returns the rules that the turn broke. */
  grant(client: number, waiting: ReadonlySet<number>): string[] {
    const broken: string[] = [];
    this.#waited.delete(client);
    for (const known of this.#waited.keys()) if (!waiting.has(known)) this.#waited.delete(known);
    for (const other of waiting) {
      if (other === client) continue;
      const turns = this.#waited.get(other) ?? new Map<number, number>();
      turns.set(client, (turns.get(client) ?? 0) + 1);
      this.#waited.set(other, turns);
      if (turns.get(client)! > this.#max)
        broken.push(`a client waited for ${turns.get(client)} turns of another`);
    }
    return broken;
  }
}

test("random schedules keep the rules of the scheduler", async () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    expect({ seed, broken: await simulate(seed) }).toEqual({ seed, broken: [] });
  }
});
