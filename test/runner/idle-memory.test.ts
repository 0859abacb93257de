/** Tests when an idle process gives memory back. */
import { expect, test } from "bun:test";
import { IdleMemory } from "../../src/runner/idle-memory.ts";
import { until } from "../supervisor/scripted-model.ts";

function open() {
  let released = 0;
  const memory = new IdleMemory(() => released++, 20);
  return { memory, released: () => released };
}

test("an idle process gives memory back once", async () => {
  const { memory, released } = open();
  memory.idle();
  memory.idle();
  await until(() => released() === 1);
  await Bun.sleep(60);
  expect(released()).toBe(1);
});

test("after another job, it gives memory back again", async () => {
  const { memory, released } = open();
  memory.idle();
  await until(() => released() === 1);
  memory.busy();
  memory.idle();
  await until(() => released() === 2);
});

test("a process with a job keeps its memory", async () => {
  const { memory, released } = open();
  memory.idle();
  memory.busy();
  await Bun.sleep(60);
  expect(released()).toBe(0);
});
