/** Measures the throughput in seconds of audio per second, with one client and with many clients. */
import { sendAll } from "../clients.ts";
import { type Contest, englishRequests, shortSides } from "../contest.ts";
import { alternate, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, type Row } from "../table.ts";

export function measureThroughput(contest: Contest, beam: number): Promise<Row[]> {
  const { clips, extent } = contest;
  return withBoth(shortSides(contest, beam), async (running) => {
    await alternate(running, 1, (side) => side.transcribe(clips.medium));
    const rows: Row[] = [];
    for (const clients of extent.clientCounts) {
      const requests = englishRequests(clips, Math.max(extent.requests, clients));
      const audioS = requests.reduce((sum, { durationS }) => sum + durationS, 0);
      const rates = await alternate(
        running,
        extent.throughputRounds,
        async (side) => audioS / (await sendAll(side, requests, clients)),
      );
      const measure = `audio seconds a second, ${clients} client${clients > 1 ? "s" : ""}, beam ${beam}`;
      rows.push(
        numberRow(measure, median(rates.ours), median(rates.peer), {
          unit: "",
          digits: 1,
          aim: "above 1",
        }),
      );
    }
    return rows;
  });
}
