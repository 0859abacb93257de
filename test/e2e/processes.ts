/** Processes seen from outside: whose children they are and what CPU time they used. */

/** Ids of the processes that `parent` started. */
export function childrenOf(parent: number): number[] {
  return list("pid=,ppid=").flatMap(([pid, ppid]) =>
    Number(ppid) === parent ? [Number(pid)] : [],
  );
}

/** CPU time of a process in seconds, as precisely as `ps` tells it: to a second on Linux. */
export function cpuSeconds(pid: number): number {
  const time = list("pid=,time=").find(([id]) => Number(id) === pid)?.[1] ?? "0";
  return time.split(/[-:]/).reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

export function isAlive(pid: number): boolean {
  return list("pid=").some(([id]) => Number(id) === pid);
}

// --- internal ---

function list(columns: string): string[][] {
  const { stdout, success } = Bun.spawnSync(["ps", "-A", "-o", columns]);
  if (!success) throw new Error("Cannot list processes: is `ps` there?");
  return stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
}
