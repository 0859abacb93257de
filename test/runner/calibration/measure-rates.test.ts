/** Tests the measurement of rates: which candidates are measured, how often, and when the measurement ends. */
import { expect, test } from "bun:test";
import { measureRates } from "../../../src/runner/calibration/measure-rates.ts";

/** A machine on which `n` chunks of 5 s take `msOf(n)` milliseconds. Its clock shows only the time of these runs. */
class Machine {
  readonly runs: number[] = [];
  #nowMs = 0;
  readonly #msOf: (chunks: number) => number;

  constructor(msOf: (chunks: number) => number) {
    this.#msOf = msOf;
  }

  measure(more: Partial<Parameters<typeof measureRates>[0]> = {}) {
    return measureRates({
      candidates: [8, 4, 2],
      cores: 2,
      msMax: 10_000,
      signal: new AbortController().signal,
      now: () => this.#nowMs,
      run: async (chunks) => {
        this.runs.push(chunks);
        this.#nowMs += this.#msOf(chunks);
        return 5 * chunks;
      },
      ...more,
    });
  }
}

test("one chunk comes first, twice, and then each candidate, the largest first", async () => {
  const machine = new Machine((chunks) => 500 * chunks);
  expect(await machine.measure()).toEqual([
    { lanes: 8, audioSPerS: 10 },
    { lanes: 4, audioSPerS: 10 },
    { lanes: 2, audioSPerS: 10 },
  ]);
  expect(machine.runs).toEqual([1, 1, 8, 4, 2, 2, 2]);
});

test("a candidate runs three times at most, so a fast model is measured quickly", async () => {
  const machine = new Machine((chunks) => 10 * chunks);
  await machine.measure();
  expect(machine.runs).toEqual([1, 1, 8, 8, 8, 4, 4, 4, 2, 2, 2]);
});

test("the best of several runs counts", async () => {
  let runs = 0;
  // The second and third run of 4 chunks are disturbed.
  const machine = new Machine((chunks) => (chunks === 4 && ++runs > 1 ? 800 : 100 * chunks));
  const rates = await machine.measure();
  expect(rates.find(({ lanes }) => lanes === 4)).toEqual({ lanes: 4, audioSPerS: 50 });
});

test("if the time is not enough for one run of each candidate, none is started", async () => {
  // On two cores, 14 chunks take 9.1 s after 2.6 s.
  const machine = new Machine((chunks) => 1300 * chunks);
  expect(await machine.measure()).toEqual([]);
  expect(machine.runs).toEqual([1, 1]);
});

test("the first chunk, which reads the model from the disk, does not count", async () => {
  let runs = 0;
  const machine = new Machine((chunks) => (runs++ === 0 ? 5000 : 100 * chunks));
  expect((await machine.measure()).map(({ lanes }) => lanes)).toEqual([8, 4, 2]);
});

test("when the time is over, the runs stop, and the rates so far are the result", async () => {
  const runs: number[] = [];
  const rates = await measureRates({
    candidates: [8, 4, 2],
    cores: 2,
    msMax: 200,
    signal: new AbortController().signal,
    run: async (chunks, stop) => {
      runs.push(chunks);
      if (chunks === 4) await new Promise((_, reject) => stop.addEventListener("abort", reject));
      else await Bun.sleep(1);
      return 5 * chunks;
    },
  });
  expect(rates.map(({ lanes }) => lanes)).toEqual([8]);
  expect(runs.at(-1)).toBe(4);
});

test("the abort of the caller stops the measurement with an error", async () => {
  const stopped = new AbortController();
  const work = measureRates({
    candidates: [8, 4],
    cores: 2,
    msMax: 10_000,
    signal: stopped.signal,
    run: async (_, stop) => {
      stopped.abort(new Error("a job arrived"));
      stop.throwIfAborted();
      return 0;
    },
  });
  expect(work).rejects.toThrow("a job arrived");
});

test("a failure of the engine is the failure of the measurement", async () => {
  const machine = new Machine(() => 1);
  const run = () => Promise.reject(new Error("the engine failed"));
  expect(machine.measure({ run })).rejects.toThrow("the engine failed");
});
