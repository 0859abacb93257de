/** Measures how long a program continues to work after a client has disconnected in the middle of a long file. */
import { type Contest, mainBeam, shortSides } from "../contest.ts";
import { cpuMsOf, hasProcessTree } from "../process-tree.ts";
import { alternate, type RunningSide, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, type Row } from "../table.ts";

/**
 * The first client disconnects after this time in milliseconds. Each further client disconnects `leaveStepMs` later
 * than the client before it, and so at a different point of the work.
 */
const leaveAfterMs = 800;
const leaveStepMs = 230;
/**
 * Time in milliseconds. If the processes use less than the fraction `idlePart` of a core for this time, the work counts
 * as stopped.
 */
const idleMs = 200;
const idlePart = 0.1;
const sampleMs = 5;
const waitMsMax = 60_000;

export async function measureCancel(contest: Contest): Promise<Row[]> {
  if (!hasProcessTree) return [];
  return await withBoth(shortSides(contest, mainBeam(contest)), async (running) => {
    await alternate(running, 1, (side) => side.transcribe(contest.clips.short));
    const times = await alternate(running, contest.extent.cancelRounds, (side, round) =>
      timeToIdle(contest, side, leaveAfterMs + round * leaveStepMs),
    );
    const measure = "time from disconnect to end of the work";
    const format = { unit: "ms", digits: 0 };
    return [
      numberRow(`${measure}, median`, median(times.ours), median(times.peer), format),
      numberRow(`${measure}, worst`, Math.max(...times.ours), Math.max(...times.peer), format),
    ];
  });
}

// --- internal ---

async function timeToIdle({ clips }: Contest, side: RunningSide, afterMs: number): Promise<number> {
  const leaving = new AbortController();
  const answer = side.transcribe(clips.long, leaving.signal).then(
    () => "answered",
    () => "left",
  );
  await Bun.sleep(afterMs);
  const left = performance.now();
  leaving.abort();
  if ((await answer) === "answered") throw new Error("the file was done before the client left");
  return (await firstIdle(side.process.pid, left)) - left;
}

/**
 * Waits for the first period of `idleMs` in which the processes are idle. Returns the start of this period in
 * milliseconds, on the clock of `performance.now()`.
 */
async function firstIdle(pid: number, fromMs: number): Promise<number> {
  const samples = [{ atMs: performance.now(), cpuMs: cpuMsOf(pid) }];
  while (performance.now() - fromMs < waitMsMax) {
    await Bun.sleep(sampleMs);
    const now = { atMs: performance.now(), cpuMs: cpuMsOf(pid) };
    samples.push(now);
    while (samples[1] !== undefined && now.atMs - samples[1].atMs >= idleMs) samples.shift();
    const [first] = samples;
    if (first === undefined || now.atMs - first.atMs < idleMs) continue;
    if (now.cpuMs - first.cpuMs <= (now.atMs - first.atMs) * idlePart) return first.atMs;
  }
  throw new Error(`a server still works ${waitMsMax / 1000} s after its client left`);
}
