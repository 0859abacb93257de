/** Tests when work runs that waits for an idle process. */
import { expect, test } from "bun:test";
import { WhileIdle } from "../../../src/runner/calibration/while-idle.ts";
import { until } from "../../supervisor/scripted-model.ts";

function open(end: "works" | "fails" | "runs on") {
  const starts: AbortSignal[] = [];
  const failures: unknown[] = [];
  const whileIdle = new WhileIdle({
    idleMs: 20,
    work: async (signal) => {
      starts.push(signal);
      if (end === "fails") throw new Error("it fails");
      if (end === "runs on") {
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      }
    },
    onFailure: (error) => failures.push(error),
  });
  return { whileIdle, starts, failures };
}

test("the work starts after the idle time, and only once", async () => {
  const { whileIdle, starts } = open("works");
  await Bun.sleep(50);
  expect(starts).toHaveLength(0);
  whileIdle.idle();
  whileIdle.idle();
  expect(starts).toHaveLength(0);
  await until(() => starts.length === 1);
  whileIdle.busy();
  whileIdle.idle();
  await Bun.sleep(60);
  expect(starts).toHaveLength(1);
});

test("a job before the end of the idle time prevents the start", async () => {
  const { whileIdle, starts } = open("works");
  whileIdle.idle();
  whileIdle.busy();
  await Bun.sleep(60);
  expect(starts).toHaveLength(0);
  whileIdle.idle();
  await until(() => starts.length === 1);
});

test("a job stops the running work at once, and the work starts again when the process is idle", async () => {
  const { whileIdle, starts, failures } = open("runs on");
  whileIdle.idle();
  await until(() => starts.length === 1);
  whileIdle.busy();
  expect(starts[0]?.aborted).toBe(true);
  await Bun.sleep(60);
  expect(starts).toHaveLength(1);
  whileIdle.idle();
  await until(() => starts.length === 2);
  whileIdle.busy();
  await Bun.sleep(0);
  expect(failures).toEqual([]);
});

test("a process that is idle again before the stopped work has ended waits for the whole idle time", async () => {
  const { whileIdle, starts } = open("runs on");
  whileIdle.idle();
  await until(() => starts.length === 1);
  whileIdle.busy();
  whileIdle.idle();
  expect(starts).toHaveLength(1);
  await until(() => starts.length === 2);
  whileIdle.busy();
});

test("work that fails is reported and not tried again", async () => {
  const { whileIdle, starts, failures } = open("fails");
  whileIdle.idle();
  await until(() => failures.length === 1);
  whileIdle.busy();
  whileIdle.idle();
  await Bun.sleep(60);
  expect(starts).toHaveLength(1);
});
