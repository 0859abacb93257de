/** Measures the time to decode audio to 16 kHz mono, and compares it with `ffmpeg -ac 1 -ar 16000`. */
import { alternate } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, type Row } from "../table.ts";
import { examplePath } from "./examples.ts";
import { measure, type Run } from "./program.ts";
import { type TenMinutes, tenMinutes } from "./ten-minutes.ts";

export async function measureDecoding(rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  const peaks = { ours: [] as number[], peer: [] as number[] };
  for (const file of await tenMinutes()) {
    const runs = await alternate(sidesOf(file), rounds, (command) => measure(command));
    const ours = medianOf(runs.ours, "cpuSeconds");
    const peer = medianOf(runs.peer, "cpuSeconds");
    const aim = /^(?:wav|flac)/.test(file.title) ? "below 1" : "at most 1.5";
    rows.push(numberRow(`10 min of ${file.title}`, ours, peer, { unit: "s", digits: 2, aim }));
    peaks.ours.push(medianOf(runs.ours, "peakBytes") / 1e6);
    peaks.peer.push(medianOf(runs.peer, "peakBytes") / 1e6);
  }
  const [ours, peer] = [Math.max(...peaks.ours), Math.max(...peaks.peer)];
  rows.push(numberRow("peak memory, the most of them", ours, peer, { unit: "MB", digits: 0 }));
  return rows;
}

// --- internal ---

function sidesOf({ path }: TenMinutes) {
  const mono = ["-ac", "1", "-ar", "16000", "-f", "f32le", "-"];
  return {
    ours: [examplePath("decode"), path],
    peer: ["ffmpeg", "-nostdin", "-v", "error", "-i", path, ...mono],
  };
}

function medianOf(runs: readonly Run[], field: "cpuSeconds" | "peakBytes"): number {
  return median(runs.map((run) => run[field]));
}
