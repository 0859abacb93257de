/** Measures the time from the start of the program until it listens, and until it has returned its first transcript. */
import { type Contest, mainBeam, shortSides } from "../contest.ts";
import { alternate } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, type Row } from "../table.ts";

export async function measureStart(contest: Contest): Promise<Row[]> {
  const { clips, extent } = contest;
  const sides = shortSides(contest, mainBeam(contest));
  const times = await alternate(sides, extent.startRounds, async (side) => {
    await using server = await side.start();
    await server.transcribe(clips.short);
    const { startedMs, listeningMs } = server.process;
    return { listeningMs, transcriptMs: performance.now() - startedMs };
  });
  const listening = (all: typeof times.ours) => median(all.map(({ listeningMs }) => listeningMs));
  const transcript = (all: typeof times.ours) =>
    median(all.map(({ transcriptMs }) => transcriptMs));
  const format = { unit: "ms", digits: 0 };
  return [
    numberRow("time from start to listening", listening(times.ours), listening(times.peer), {
      ...format,
      aim: "under 50 ms",
    }),
    numberRow(
      "time from start to first transcript (5 s clip)",
      transcript(times.ours),
      transcript(times.peer),
      format,
    ),
  ];
}
