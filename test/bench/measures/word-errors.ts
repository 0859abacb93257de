/**
 * Measures the word-error rates of both programs. By default, our program shortens the encoder window. This must not
 * make its word-error rate worse, so our program is also measured with the full window.
 */
import { countWordErrors, sumWordErrors } from "../../../src/transcript/word-errors.ts";
import type { Clip } from "../clips.ts";
import { type Contest, shortSides } from "../contest.ts";
import { ours } from "../ours.ts";
import type { Side } from "../side.ts";
import { points, type Row } from "../table.ts";

export async function measureWordErrors(contest: Contest, beam: number): Promise<Row[]> {
  const { clips, extent } = contest;
  if (!extent.wordErrors) return [];
  const english = clips.spoken.filter(({ language }) => language === "en");
  const languages = new Set(clips.spoken.map(({ language }) => language));
  const sides = shortSides(contest, beam);
  const cut = await transcribeAll(sides.ours, clips.spoken);
  const full = await transcribeAll(ours({ beam, encoderWindow: "full" }), clips.spoken);
  const peer = await transcribeAll(sides.peer, clips.spoken);

  const rowsOf = (what: string, part: readonly Clip[]): Row[] => {
    const rates = { cut: rate(cut, part), full: rate(full, part), peer: rate(peer, part) };
    return [
      {
        measure: `word-error rate, ${what}, beam ${beam}`,
        ours: rates.cut.text,
        peer: rates.peer.text,
        ratio: points(rates.cut.percent - rates.peer.percent),
        aim: "",
      },
      {
        measure: `word-error rate, ${what}, full window`,
        ours: rates.full.text,
        peer: rates.peer.text,
        ratio: `auto ${points(rates.cut.percent - rates.full.percent)} to full`,
        aim: "auto at most +0.5 points",
      },
    ];
  };
  return [
    ...rowsOf(`${english.length} English clips`, english),
    ...rowsOf(`all ${clips.spoken.length} clips in ${languages.size} languages`, clips.spoken),
  ];
}

// --- internal ---

async function transcribeAll(side: Side, clips: readonly Clip[]): Promise<Map<Clip, string>> {
  await using server = await side.start();
  const texts = new Map<Clip, string>();
  for (const clip of clips) texts.set(clip, await server.transcribe(clip));
  return texts;
}

function rate(texts: ReadonlyMap<Clip, string>, clips: readonly Clip[]) {
  const { wrong, words } = sumWordErrors(
    clips.map((clip) => countWordErrors(clip.text, texts.get(clip) ?? "")),
  );
  const percent = (100 * wrong) / words;
  return { percent, text: `${percent.toFixed(1)} % (${wrong} of ${words})` };
}
