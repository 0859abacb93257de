/** Observes processes from outside: their child processes, their state and their CPU time. */
import { readFileSync } from "node:fs";
import { isWindows } from "../windows.ts";

/** Returns the ids of the processes that `parent` has started. */
export function childrenOf(parent: number): number[] {
  return listed().flatMap(({ pid, ppid }) => (ppid === parent ? [pid] : []));
}

/**
 * Returns whether the process runs. A process that has ended stays in the list as a zombie until its parent reads its
 * exit code, so zombies are excluded.
 */
export function isAlive(pid: number): boolean {
  return listed().some((one) => one.pid === pid && !one.state.startsWith("Z"));
}

/** Returns the CPU time of a process in seconds. 0 after the process has ended. */
export function cpuSeconds(pid: number): number {
  if (process.platform === "linux") return cpuTicks(pid) / 100;
  return listed().find((one) => one.pid === pid)?.cpuS ?? 0;
}

/**
 * Waits for the first half second in which the process uses almost no CPU time. Returns the seconds until the start of
 * this half second. Throws if the process uses more than `cpuSMax` seconds of CPU time before. The limit is CPU time
 * instead of clock time, because other processes may use the cores.
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

/** Returns the peak memory of a process in bytes. Works only on Linux. */
export function peakMemoryBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Returns the resident memory of a process in megabytes. Works only on Linux. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1000;
}

// --- internal ---

const quietMs = 500;
const quietCpuS = 0.05;

/** Returns the CPU time in units of 10 ms. Reads it from /proc, because `ps` on Linux rounds it to whole seconds. */
function cpuTicks(pid: number): number {
  try {
    // The fields are counted from the end of the process name, because the name may contain spaces. The name is in
    // parentheses. User time and system time are the 12th and 13th field after it.
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
    // The format of the time is [[days-]hours:]minutes:seconds.
    const cpuS = time.split(/[-:]/).reduce((seconds, part) => seconds * 60 + Number(part), 0);
    return { pid: Number(pid), ppid: Number(ppid), state, cpuS };
  });
}

const unixList: readonly string[] = ["ps", "-A", "-o", "pid=,ppid=,stat=,time="];
/** Command that lists processes on Windows. It divides the CPU time, because Windows counts it in units of 100 ns. */
const windowsList: readonly string[] = [
  "powershell",
  "-NoProfile",
  "-Command",
  "Get-CimInstance Win32_Process | ForEach-Object { '{0} {1} R {2}' -f $_.ProcessId, $_.ParentProcessId, " +
    "[int64](($_.KernelModeTime + $_.UserModeTime) / 10000000) }",
];
