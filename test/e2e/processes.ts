/** Observes processes from outside: their children, their state and their CPU time. */
import { readFileSync } from "node:fs";
import { isWindows } from "../windows.ts";

/** Ids of the processes that `parent` started. */
export function childrenOf(parent: number): number[] {
  return listed().flatMap(({ pid, ppid }) => (ppid === parent ? [pid] : []));
}

/**
 * Whether the process runs. A process that has ended stays in the list as a zombie until its parent collects its exit
 * code.
 */
export function isAlive(pid: number): boolean {
  return listed().some((one) => one.pid === pid && !one.state.startsWith("Z"));
}

/** CPU time of a process in seconds; 0 after its end. */
export function cpuSeconds(pid: number): number {
  if (process.platform === "linux") return cpuTicks(pid) / 100;
  return listed().find((one) => one.pid === pid)?.cpuS ?? 0;
}

/**
 * Seconds until the process begins half a second of almost no CPU time. Throws if the process takes more than `cpuSMax` of CPU
 * time before. This limit is not a clock time, because other processes may take the cores.
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

/** The peak memory of a process, on Linux. */
export function peakMemoryBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

// --- internal ---

const quietMs = 500;
const quietCpuS = 0.05;

/** Read from /proc, because `ps` rounds to seconds on Linux. */
function cpuTicks(pid: number): number {
  try {
    // The name in parentheses may hold spaces. User and system time are the 12th and 13th field after it.
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
/** Windows counts CPU time in units of 100 ns. */
const windowsList: readonly string[] = [
  "powershell",
  "-NoProfile",
  "-Command",
  "Get-CimInstance Win32_Process | ForEach-Object { '{0} {1} R {2}' -f $_.ProcessId, $_.ParentProcessId, " +
    "[int64](($_.KernelModeTime + $_.UserModeTime) / 10000000) }",
];
