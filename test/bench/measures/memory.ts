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

/** The server of whisper.cpp has one lane: it transcribes one request at a time. */
const configurations = [
  { title: "", flags: [] },
  { title: ", one lane each", flags: ["--workers=1"] },
] as const;

export async function measureMemory(contest: Contest): Promise<Row[]> {
  if (!hasProcessTree) return [];
  const rows: Row[] = [];
  for (const { title, flags } of configurations) {
    rows.push(...(await rowsOf(contest, title, flags)));
  }
  return rows;
}

// --- internal ---

async function rowsOf(contest: Contest, title: string, flags: readonly string[]): Promise<Row[]> {
  const { clips, extent } = contest;
  const sides = shortSides(contest, mainBeam(contest), { flags });
  const both = await alternate(sides, 1, async (side) => {
    await using server = await side.start();
    await sendAll(server, englishRequests(clips, extent.requests), clients);
    if (extent.longRounds > 0) await server.transcribe(clips.long);
    await Bun.sleep(settlingMs);
    return memoryOf(server.process.pid);
  });
  const row = (measure: string, field: keyof Memory, aim = "") => {
    const megabytes = (all: readonly Memory[]) => (all[0]?.[field] ?? Number.NaN) / 1e6;
    return numberRow(`${measure}${title}`, megabytes(both.ours), megabytes(both.peer), {
      unit: "MB",
      digits: 0,
      aim,
    });
  };
  return [
    row("peak memory, all processes", "peakBytes"),
    row("memory when idle again, resident", "residentBytes"),
    row("memory when idle again, shared pages once", "proportionalBytes", "at most 1.2 times"),
  ];
}
