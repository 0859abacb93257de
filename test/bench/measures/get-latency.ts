/** Measures the duration of a GET request while clients transcribe. */
import { whileBusy } from "../clients.ts";
import { type Contest, mainBeam, englishRequests, shortSides } from "../contest.ts";
import { alternate, type RunningSide, withBoth } from "../side.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "../table.ts";

const pauseMs = 20;
/**
 * Maximum duration of a round in milliseconds. If the server is too slow, the round ends before all requests are sent.
 */
const roundMsMax = 30_000;

export function measureGetLatency(contest: Contest): Promise<Row[]> {
  return withBoth(shortSides(contest, mainBeam(contest)), async ({ ours, peer }) => {
    const rows: Row[] = [];
    for (const clients of contest.extent.getClientCounts) {
      const times = await alternate({ ours, peer }, contest.extent.getRounds, (side) =>
        timesOf(contest, side, clients, "/health"),
      );
      rows.push(row(`GET /health, ${clients} clients at work`, times.ours, times.peer));
    }
    const times = await timesOf(contest, ours, 4, "/v1/models");
    rows.push(row("GET /v1/models, 4 clients at work", [times], []));
    return rows;
  });
}

// --- internal ---

function timesOf(
  { clips, extent }: Contest,
  side: RunningSide,
  clients: number,
  path: string,
): Promise<number[]> {
  return whileBusy(side, englishRequests(clips, 14), clients, async () => {
    const times: number[] = [];
    const end = performance.now() + roundMsMax;
    while (times.length < extent.getRequests && performance.now() < end) {
      await Bun.sleep(pauseMs);
      const start = performance.now();
      const response = await fetch(side.process.url + path, { keepalive: false });
      await response.text();
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}`);
      times.push(performance.now() - start);
    }
    return times;
  });
}

/** Creates a row of the table. The peer has no route for models, so its times for this route are empty. */
function row(measure: string, ours: readonly number[][], peer: readonly number[][]): Row {
  const summary = (rounded: readonly number[][]): string => {
    const [p50, p99] = [50, 99].map((percent) => percentile(rounded.flat(), percent).toFixed(1));
    return `${p50} / ${p99} ms`;
  };
  const p99 = (rounded: readonly number[][]) => percentile(rounded.flat(), 99);
  return {
    measure: `${measure}: p50 / p99`,
    ours: summary(ours),
    peer: peer.length > 0 ? summary(peer) : "no route",
    ratio: peer.length > 0 ? (p99(ours) / p99(peer)).toFixed(2) : "",
    aim: "p99 within 20 ms",
  };
}
