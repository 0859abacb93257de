/**
 * Measures the memory of all processes of a program. One value is the peak during many requests. The other value is the
 * memory after these requests, when the program is idle.
 */
import { sendAll } from "../clients.ts";
import { type Contest, mainBeam, englishRequests, shortSides } from "../contest.ts";
import { hasProcessTree, type Memory, memoryOf } from "../process-tree.ts";
import { alternate } from "../side.ts";
import { numberRow, type Row } from "../table.ts";

/**
 * Time in milliseconds between the last request and the measurement of the idle program. In this time, the program can
 * free the memory that it no longer needs.
 */
const settlingMs = 5_000;
const clients = 4;

export async function measureMemory(contest: Contest): Promise<Row[]> {
  if (!hasProcessTree) return [];
  const { clips, extent } = contest;
  const both = await alternate(shortSides(contest, mainBeam(contest)), 1, async (side) => {
    await using server = await side.start();
    await sendAll(server, englishRequests(clips, extent.requests), clients);
    if (extent.longRounds > 0) await server.transcribe(clips.long);
    await Bun.sleep(settlingMs);
    return memoryOf(server.process.pid);
  });
  const row = (measure: string, field: keyof Memory) => {
    const megabytes = (all: readonly Memory[]) => (all[0]?.[field] ?? Number.NaN) / 1e6;
    return numberRow(measure, megabytes(both.ours), megabytes(both.peer), {
      unit: "MB",
      digits: 0,
    });
  };
  return [
    row("peak memory, all processes", "peakBytes"),
    row("memory when idle again, resident", "residentBytes"),
    row("memory when idle again, shared pages once", "proportionalBytes"),
  ];
}
