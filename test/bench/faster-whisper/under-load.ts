/**
 * Compares this program with the Python server of the same name: one clip, and 8 and 16 clients that send the
 * recordings of human speakers in all languages.
 */
import { countWordErrors, sumWordErrors } from "../../../src/transcript/word-errors.ts";
import { type Answer, sendAll, sendEach, type Sent } from "../clients.ts";
import type { Clips } from "../clips.ts";
import { alternate, type Pair, type Side, withBoth } from "../side.ts";
import { median, percentile } from "../statistics.ts";
import { numberRow, type Row } from "../table.ts";

const clientCounts = [8, 16];

export function measureUnderLoad(sides: Pair<Side>, clips: Clips, rounds: number): Promise<Row[]> {
  return withBoth(sides, async (running) => {
    const { medium, spoken } = clips;
    const audioS = spoken.reduce((sum, { durationS }) => sum + durationS, 0);
    // The first requests are a warm-up. The lanes of our program are first used when requests overlap.
    await alternate(running, 1, (side) => sendAll(side, spoken, 8));
    const one = await alternate(running, rounds, (side) => sendAll(side, [medium], 1));
    const rows = [
      numberRow("11 s clip", 1000 * median(one.ours), 1000 * median(one.peer), {
        unit: "ms",
        digits: 0,
        aim: "at most 0.45 of its time",
      }),
    ];
    for (const clients of clientCounts) {
      const sent = await alternate(running, rounds, (side) => sendEach(side, spoken, clients));
      rows.push(...rowsOf(`${clients} clients`, audioS, sent));
    }
    return rows;
  });
}

// --- internal ---

function rowsOf(clients: string, audioS: number, { ours, peer }: Pair<readonly Sent[]>): Row[] {
  const rate = (rounds: readonly Sent[]) => audioS / median(rounds.map(({ seconds }) => seconds));
  const late = (rounds: readonly Sent[]) =>
    median(
      rounds.map(({ answers }) =>
        percentile(
          answers.map(({ ms }) => ms),
          95,
        ),
      ),
    );
  const wrong = (rounds: readonly Sent[]) => wrongWords(rounds.at(-1)?.answers ?? []);
  return [
    numberRow(`audio seconds a second, ${clients}`, rate(ours), rate(peer), {
      unit: "",
      digits: 1,
      aim: "at least 4 (AVX2), 6 (AVX-512)",
    }),
    numberRow(`time of a request, ${clients}, p95`, late(ours), late(peer), {
      unit: "ms",
      digits: 0,
      aim: "at most 0.25 of its time",
    }),
    {
      measure: `wrong words, ${clients}`,
      ours: wrong(ours),
      peer: wrong(peer),
      ratio: "",
      aim: "not above its",
    },
  ];
}

function wrongWords(answers: readonly Answer[]): string {
  const { wrong, words } = sumWordErrors(
    answers.map(({ clip, text }) => countWordErrors(clip.text, text)),
  );
  return `${wrong} of ${words}`;
}
