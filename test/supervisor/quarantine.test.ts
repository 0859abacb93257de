/** Tests jobs that run together, jobs that run alone, and the order of the jobs. */
import { expect, test } from "bun:test";
import { Quarantine } from "../../src/supervisor/quarantine.ts";

const never = new AbortController().signal;

function work() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let started = false;
  return {
    run: () => {
      started = true;
      return promise;
    },
    started: () => started,
    end: resolve,
  };
}

test("jobs run together until one is quarantined; that job runs alone, before jobs that arrive later", async () => {
  const quarantine = new Quarantine();
  const [a, b, alone, other, late] = [work(), work(), work(), work(), work()];
  const all = [
    quarantine.together(never, a.run),
    quarantine.together(never, b.run),
    quarantine.alone(never, alone.run),
    quarantine.together(never, late.run),
    quarantine.alone(never, other.run),
  ];
  const started = async () => {
    await Bun.sleep(1);
    return [a, b, alone, other, late].map((one) => one.started());
  };
  expect(await started()).toEqual([true, true, false, false, false]);
  a.end();
  expect(await started()).toEqual([true, true, false, false, false]);
  b.end();
  expect(await started()).toEqual([true, true, true, false, false]);
  alone.end();
  expect(await started()).toEqual([true, true, true, true, false]);
  other.end();
  expect(await started()).toEqual([true, true, true, true, true]);
  late.end();
  await Promise.all(all);
});

test("a job that fails ends its quarantine", async () => {
  const quarantine = new Quarantine();
  const failing = () => Promise.reject(new Error("failed"));
  const isRejected = (promise: Promise<unknown>) => promise.catch(() => "failed");
  expect(await isRejected(quarantine.alone(never, failing))).toBe("failed");
  expect(await isRejected(quarantine.together(never, failing))).toBe("failed");
  expect(await quarantine.alone(never, () => Promise.resolve("alone"))).toBe("alone");
});

test("an aborted job in quarantine does not delay the other jobs", async () => {
  const quarantine = new Quarantine();
  const [first, second, late] = [work(), work(), work()];
  const running = quarantine.together(never, first.run);
  const control = new AbortController();
  const alone = quarantine.alone(control.signal, second.run).catch(() => "gave up");
  const behind = quarantine.together(never, late.run);
  await Bun.sleep(1);
  expect(late.started()).toBe(false);
  control.abort();
  expect(await alone).toBe("gave up");
  await Bun.sleep(1);
  expect(late.started()).toBe(true);
  expect(second.started()).toBe(false);
  first.end();
  late.end();
  await Promise.all([running, behind]);
});
