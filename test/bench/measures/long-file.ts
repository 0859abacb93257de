/** Measures the time and the number of wrong words for a file of four minutes. */
import { countWordErrors } from "../../../src/transcript/word-errors.ts";
import { type Contest, longSides } from "../contest.ts";
import { alternate, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, points, type Row } from "../table.ts";

export async function measureLongFile(contest: Contest, beam: number): Promise<Row[]> {
  const { clips, extent } = contest;
  if (extent.longRounds === 0) return [];
  const sides = longSides(contest, beam);
  return await withBoth(sides, async (running) => {
    const runs = await alternate(running, extent.longRounds, async (side) => {
      const start = performance.now();
      const text = await side.transcribe(clips.long);
      return { seconds: (performance.now() - start) / 1000, text };
    });
    const seconds = (all: typeof runs.ours) => median(all.map((run) => run.seconds));
    const errors = (all: typeof runs.ours) => {
      const { wrong, words } = countWordErrors(clips.long.text, all.at(-1)?.text ?? "");
      return (100 * wrong) / words;
    };
    return [
      numberRow(
        `${clips.long.durationS.toFixed(0)} s file, beam ${beam} (whisper-server: ${sides.peer.name})`,
        seconds(runs.ours),
        seconds(runs.peer),
        { unit: "s", digits: 1 },
      ),
      {
        measure: `word-error rate of that file, beam ${beam}`,
        ours: `${errors(runs.ours).toFixed(1)} %`,
        peer: `${errors(runs.peer).toFixed(1)} %`,
        ratio: points(errors(runs.ours) - errors(runs.peer)),
        aim: "",
      },
    ];
  });
}
