/** Tests how the time for a model is divided among its measurements. */
import { expect, test } from "bun:test";
import { Budget, timesFor } from "../../../src/cli/bench/budget.ts";
import { measureThroughput } from "../../../src/cli/bench/throughput.ts";
import { neverAborted } from "../../../src/platform/abort.ts";

/** Returns a promise that waits until the signal aborts, and then rejects. */
function endless(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((thrown: unknown) => thrown);
  return error instanceof Error ? error.message : "no error";
}

test("a measurement has its share of the time, and returns its result", async () => {
  using budget = new Budget(timesFor(10), neverAborted);
  const limit = await budget.run("latency", 0.2, async (one) => one);
  expect(limit?.shareS).toBeCloseTo(2);
  expect(limit?.isOver()).toBe(false);
  const over = await budget.run("warm-up", 0, async ({ isOver }) => isOver());
  expect(over).toBe(true);
  expect(budget.notes).toEqual([]);
});

test("after the limit, the running measurement and all later ones are left out, with one note", async () => {
  using budget = new Budget({ seconds: 10, limitS: 0.04 }, neverAborted);
  expect(await budget.run("latency", 0.2, ({ signal }) => endless(signal))).toBeNull();
  expect(await budget.run("1 client", 0.2, async () => "never called")).toBeNull();
  expect(budget.notes).toEqual([
    "latency, 1 client: not measured within 0.04 s; try --seconds 0.08",
  ]);
});

test("the limit is twice the time, but at least 30 s longer", () => {
  expect(timesFor(60)).toEqual({ seconds: 60, limitS: 120 });
  expect(timesFor(1)).toEqual({ seconds: 1, limitS: 31 });
});

test("an error of the measurement, and a stop by the user, end the benchmark", async () => {
  const user = new AbortController();
  using budget = new Budget(timesFor(10), user.signal);
  const failing = budget.run("latency", 0.2, () => Promise.reject(new Error("refused")));
  expect(await messageOf(failing)).toContain("refused");
  const running = budget.run("latency", 0.2, ({ signal }) => endless(signal));
  user.abort();
  expect(await messageOf(running)).toContain("aborted");
  const later = budget.run("1 client", 0.2, async () => "never called");
  expect(await messageOf(later)).toContain("stopped");
});

test("every client sends the samples in turn until the time is over, at least once", async () => {
  const sample = (name: string, durationS: number) => {
    return { name, text: "", pcm: new Uint8Array(2 * durationS), durationS };
  };
  const samples = [sample("short", 1), sample("long", 3)];
  let [atOnce, atOnceMax] = [0, 0];
  const sizes: number[] = [];
  const server = {
    async transcribe(wav: Blob) {
      atOnceMax = Math.max(atOnceMax, ++atOnce);
      sizes.push(wav.size - 44);
      await Bun.sleep(1);
      atOnce--;
      return "";
    },
  };
  let rounds = 0;
  const limit = { signal: neverAborted, shareS: 1, isOver: () => ++rounds > 4 };
  const { clients, requests, audioPerS } = await measureThroughput(
    server,
    { samples, clients: 4 },
    limit,
  );
  expect({ clients, requests, atOnceMax }).toEqual({ clients: 4, requests: 8, atOnceMax: 4 });
  expect(sizes.toSorted((a, b) => a - b)).toEqual([2, 2, 2, 2, 6, 6, 6, 6]);
  expect(audioPerS).toBeGreaterThan(0);
});
