/** Measures memory and processor time of a process and all its descendants, from /proc of Linux. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

export const hasProcessTree = process.platform === "linux";

export interface Memory {
  /** Sum of the peaks of memory of all processes, in bytes. */
  readonly peakBytes: number;
  /** Resident memory now, in bytes. */
  readonly residentBytes: number;
  /** Resident memory now, in bytes. Pages that several processes share are counted only once. */
  readonly proportionalBytes: number;
}

export function memoryOf(pid: number): Memory {
  const total = { peakBytes: 0, residentBytes: 0, proportionalBytes: 0 };
  for (const member of membersOf(pid)) {
    const status = readProc(member, "status");
    total.peakBytes += kilobytes(status, "VmHWM");
    total.residentBytes += kilobytes(status, "VmRSS");
    total.proportionalBytes += kilobytes(readProc(member, "smaps_rollup"), "Pss");
  }
  return total;
}

/** Returns the processor time of all processes since their start, in milliseconds. */
export function cpuMsOf(pid: number): number {
  let ticks = 0;
  for (const member of membersOf(pid)) {
    // The fields are counted from the end of the process name, because the name may contain spaces. The name is in
    // parentheses. utime and stime are the 12th and 13th field after it.
    const fields = readProc(member, "stat")
      .replace(/^.*\) /su, "")
      .split(" ");
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * msPerTick;
}

// --- internal ---

/** Milliseconds per tick of USER_HZ, which is 100 on every Linux. */
const msPerTick = 10;

function membersOf(pid: number): number[] {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return [];
  const children = readdirSync(folder).flatMap((thread) =>
    readProc(pid, `task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(membersOf)];
}

/** Returns the content of a file in /proc. Empty if the process or thread has just ended. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8").trim();
  } catch {
    return "";
  }
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, "mu").exec(text)?.[1] ?? 0) * 1024;
}
