/** Tests that the output is in order, although the jobs that create it run at the same time. */
import { expect, test } from "bun:test";
import { OrderedLines } from "../../../src/cli/transcribe/ordered-lines.ts";
import { Turns } from "../../../src/cli/transcribe/turns.ts";

test("a turn comes when all earlier turns have ended, also when they end in another order", async () => {
  const turns = new Turns();
  const [first, second, third] = [turns.take(), turns.take(), turns.take()];
  const come: number[] = [];
  for (const [index, turn] of [first, second, third].entries()) {
    void turn.come.then(() => come.push(index));
  }
  expect([first, second, third].map(({ hasCome }) => hasCome)).toEqual([true, false, false]);
  second[Symbol.dispose]();
  await Bun.sleep(1);
  expect(come).toEqual([0]);
  first[Symbol.dispose]();
  await third.come;
  expect(come).toEqual([0, 1, 2]);
  expect(third.hasCome).toBe(true);
});

test("lines are written in the order of their numbers, and at the end without those that are missing", () => {
  const written: string[] = [];
  const lines = new OrderedLines((line) => written.push(line));
  lines.add(2, "c");
  lines.add(0, "a");
  expect(written).toEqual(["a"]);
  lines.add(1, "");
  expect(written).toEqual(["a", "c"]);
  lines.add(6, "g");
  lines.add(4, "e");
  lines.close();
  lines.close();
  expect(written).toEqual(["a", "c", "e", "g"]);
});
