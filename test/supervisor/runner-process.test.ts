/** Tests the process of a runner with shell commands in place of a runner. */
import { describe, expect, test } from "bun:test";
import { RunnerProcess } from "../../src/supervisor/runner-process.ts";
import { until } from "../e2e/server.ts";
import { isWindows } from "../windows.ts";

describe.skipIf(isWindows)("the process of a runner", () => {
  test.each(["INT", "TERM", "HUP"])(
    "that SIG%s has ended is reported after this process has handled the same signal",
    async (name) => {
      const order: string[] = [];
      const child = start(`kill -${name} $$`, () => order.push("exit is reported"));
      await until("the process has ended", () => !isRunning(child.pid));
      process.once("SIGUSR2", () => order.push("signal is handled"));
      process.kill(process.pid, "SIGUSR2");
      await until("the exit is reported", () => order.length === 2);
      expect(order).toEqual(["signal is handled", "exit is reported"]);
    },
  );

  test("that fails is reported with its exit code", async () => {
    const { promise: how, resolve } = Promise.withResolvers<string>();
    start("exit 3", resolve);
    expect(await how).toBe("exit code 3");
  });
});

// --- internal ---

/** Starts a shell in place of a runner. `onExit` receives the description of the exit. */
function start(script: string, onExit: (how: string) => void): RunnerProcess {
  const program = { name: "shell", command: ["/bin/sh", "-c", script] };
  return new RunnerProcess(program, {
    onMessage: () => {},
    onMalformed: () => {},
    onExit: (death) => onExit(death.kind === "exit" ? death.how : death.kind),
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
