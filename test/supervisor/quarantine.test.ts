/** Who works together, who alone, and in which order. */
import { expect, test } from "bun:test";
import { Turns } from "../../src/supervisor/quarantine.ts";

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

test("work is shared until one must be alone, who goes before those that come later", async () => {
  const turns = new Turns();
  const [a, b, alone, other, late] = [work(), work(), work(), work(), work()];
  const all = [
    turns.shared(never, a.run),
    turns.shared(never, b.run),
    turns.alone(never, alone.run),
    turns.shared(never, late.run),
    turns.alone(never, other.run),
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

test("work that fails makes room as well", async () => {
  const turns = new Turns();
  const failing = () => Promise.reject(new Error("failed"));
  const isRejected = (promise: Promise<unknown>) => promise.catch(() => "failed");
  expect(await isRejected(turns.alone(never, failing))).toBe("failed");
  expect(await isRejected(turns.shared(never, failing))).toBe("failed");
  expect(await turns.alone(never, () => Promise.resolve("alone"))).toBe("alone");
});

test("who gives up waiting holds up nobody", async () => {
  const turns = new Turns();
  const [first, second, late] = [work(), work(), work()];
  const running = turns.shared(never, first.run);
  const control = new AbortController();
  const alone = turns.alone(control.signal, second.run).catch(() => "gave up");
  const behind = turns.shared(never, late.run);
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
