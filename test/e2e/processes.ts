/** Processes seen from outside: whose children they are and what CPU time they used. */
import { readFileSync } from "node:fs";
import { isWindows } from "../windows.ts";

/** Ids of the processes that `parent` started. */
export function childrenOf(parent: number): number[] {
  return listed().flatMap(({ pid, ppid }) => (ppid === parent ? [pid] : []));
}

/** Whether it runs: one that has ended may be listed until its parent asks what became of it. */
export function isAlive(pid: number): boolean {
  return listed().some((one) => one.pid === pid && !one.state.startsWith("Z"));
}

/** CPU time of a process in seconds; 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  if (process.platform === "linux") return cpuTicks(pid) / 100;
  return listed().find((one) => one.pid === pid)?.cpuS ?? 0;
}

/**
 * Seconds until a process begins half a second in which it takes next to no CPU time. Before that, it may take `cpuSMax` of CPU
 * time: the limit is no clock time, because other processes may take the cores.
 */
export async function secondsUntilIdle(pid: number, cpuSMax: number): Promise<number> {
  const [startMs, startS] = [performance.now(), cpuSeconds(pid)];
  let [sinceMs, spentS] = [startMs, startS];
  while (performance.now() - sinceMs < quietMs) {
    if (spentS - startS > cpuSMax) throw new Error(`Not idle within ${cpuSMax} s of CPU time`);
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

interface Listed {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly cpuS: number;
}

function listed(): Listed[] {
  const { stdout, success } = Bun.spawnSync([...(isWindows ? windowsList : unixList)]);
  if (!success) throw new Error("Cannot list processes");
  const lines = stdout.toString().trim().split(/\r?\n/);
  return lines.map((line) => {
    const [pid, ppid, state = "", time = ""] = line.trim().split(/\s+/);
    // [[days-]hours:]minutes:seconds
    const cpuS = time.split(/[-:]/).reduce((seconds, part) => seconds * 60 + Number(part), 0);
    return { pid: Number(pid), ppid: Number(ppid), state, cpuS };
  });
}

const unixList: readonly string[] = ["ps", "-A", "-o", "pid=,ppid=,stat=,time="];
/** CPU times are in units of 100 ns there. */
const windowsList: readonly string[] = [
  "powershell",
  "-NoProfile",
  "-Command",
  "Get-CimInstance Win32_Process | ForEach-Object { '{0} {1} R {2}' -f $_.ProcessId, $_.ParentProcessId, " +
    "[int64](($_.KernelModeTime + $_.UserModeTime) / 10000000) }",
];
