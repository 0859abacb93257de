/** Processes seen from outside: whose children they are and what CPU time they used. */
import { readFileSync } from "node:fs";

/** Ids of the processes that `parent` started. */
export function childrenOf(parent: number): number[] {
  return list("pid=,ppid=").flatMap(([pid, ppid]) =>
    Number(ppid) === parent ? [Number(pid)] : [],
  );
}

/** Whether it runs: one that has ended may be listed until its parent asks what became of it. */
export function isAlive(pid: number): boolean {
  return list("pid=,stat=").some(([id, state]) => Number(id) === pid && !state?.startsWith("Z"));
}

/** CPU time of a process in seconds; 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  return process.platform === "linux" ? cpuTicks(pid) / 100 : cpuTime(pid);
}

/** Seconds until a process begins half a second in which it takes next to no CPU time. */
export async function secondsUntilIdle(pid: number, limitS: number): Promise<number> {
  const startMs = performance.now();
  let [sinceMs, spentS] = [startMs, cpuSeconds(pid)];
  while (performance.now() - sinceMs < quietMs) {
    if (sinceMs - startMs > limitS * 1000) throw new Error(`Not idle within ${limitS} s`);
    await Bun.sleep(20);
    const nowS = cpuSeconds(pid);
    if (nowS - spentS > quietCpuS) [sinceMs, spentS] = [performance.now(), nowS];
  }
  return (sinceMs - startMs) / 1000;
}

/** The most memory that a process ever had, on Linux. */
export function peakMemoryBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

// --- internal ---

const quietMs = 500;
const quietCpuS = 0.05;

/** `ps` rounds to seconds on Linux. */
function cpuTicks(pid: number): number {
  try {
    // The name in parentheses may hold blanks; user and system time are the 12th and 13th field behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

function cpuTime(pid: number): number {
  const time = list("pid=,time=").find(([id]) => Number(id) === pid)?.[1] ?? "0";
  return time.split(/[-:]/).reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

function list(columns: string): string[][] {
  const { stdout, success } = Bun.spawnSync(["ps", "-A", "-o", columns]);
  if (!success) throw new Error("Cannot list processes: is `ps` there?");
  return stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
}
