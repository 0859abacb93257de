/** Measures one client that sends one request at a time, with a 5 s clip and an 11 s clip. */
import { type Contest, shortSides } from "../contest.ts";
import { alternate, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, type Row } from "../table.ts";

export function measureLatency(contest: Contest, beam: number): Promise<Row[]> {
  const { short, medium } = contest.clips;
  return withBoth(shortSides(contest, beam), async (running) => {
    const rows: Row[] = [];
    for (const clip of [short, medium]) {
      // The first round of each program is a warm-up and does not count.
      const times = await alternate(running, 1 + contest.extent.latencyRounds, async (side) => {
        const start = performance.now();
        await side.transcribe(clip);
        return performance.now() - start;
      });
      const [ours, peer] = [median(times.ours.slice(1)), median(times.peer.slice(1))];
      const measure = `${clip.durationS.toFixed(0)} s clip, beam ${beam}`;
      rows.push(
        numberRow(measure, ours, peer, { unit: "ms", digits: 0, aim: "at most 0.6 of its time" }),
      );
    }
    return rows;
  });
}
