/**
 * Compares our executable with Python's faster-whisper in one run. Both use the same weights, compute type, beams and
 * cores, and process one request at a time. Both use only temperature 0, because at higher temperatures decoding is
 * random and its duration varies.
 *
 * Usage: npm run bench -- faster-whisper [--beam N] [--compute-type TYPE] [--rounds N]
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { version } from "../../../package.json";
import { buildModelFolder } from "../../../vendor/models/build.ts";
import { step } from "../../../vendor/packages.mjs";
import { countWordErrors } from "../../../src/transcript/word-errors.ts";
import { type Clip, loadClips } from "../clips.ts";
import { ours } from "../ours.ts";
import { hasProcessTree, memoryOf } from "../process-tree.ts";
import { alternate, type Pair, type Side, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, renderTable, type Row } from "../table.ts";
import { python } from "./python.ts";

const { values } = parseArgs({
  options: {
    beam: { type: "string", default: "5" },
    "compute-type": { type: "string", default: "int8" },
    rounds: { type: "string", default: "5" },
  },
});
const rounds = Number(values.rounds);
const settings = {
  model: await buildModelFolder("base"),
  computeType: values["compute-type"],
  beam: Number(values.beam),
};
const us = ours({
  beam: settings.beam,
  model: settings.model,
  flags: [`--compute-type=${settings.computeType}`, "--temperature-fallback=off"],
});
const sequential: Pair<Side> = { ours: us, peer: python("whisper-model", settings) };
const batched: Pair<Side> = { ours: us, peer: python("batched", settings) };
const clips = await loadClips();

const rows: Row[] = [];
await measure("short clips", () =>
  withBoth(sequential, async (running) => {
    const found: Row[] = [];
    const around5s = clips.spoken.filter(
      ({ language, durationS }) => language === "en" && durationS > 4.7 && durationS < 5.4,
    );
    for (const clip of [...around5s, clips.medium]) {
      const name = `${clip.durationS.toFixed(1)} s clip ${clip.name}`;
      found.push(...(await compare(running, clip, name, rounds, "at most 0.5 of its time")));
    }
    return found;
  }),
);
await measure("long file, window after window", () =>
  withBoth(sequential, (running) =>
    compare(running, clips.long, longName("WhisperModel"), 1, "at most 0.4 of its time"),
  ),
);
await measure("long file, in batches", () =>
  withBoth(batched, (running) =>
    compare(
      running,
      clips.long,
      longName("BatchedInferencePipeline"),
      3,
      "at most 0.8 of its time",
    ),
  ),
);
await measure("memory", measureMemory);

const date = new Date().toISOString().slice(0, 10);
console.log(
  [
    `${date}, ${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores (${process.platform}).`,
    `Whisper base, the same CTranslate2 weights, ${settings.computeType}, beam ${settings.beam}, temperature 0, voice activity on,`,
    "language given, 16 kHz wav over HTTP, both on all cores; medians, the two sides in turn.",
    "",
    renderTable(rows, { ours: `open-asr-server ${version}`, peer: "faster-whisper 1.2.1" }),
  ].join("\n"),
);

async function measure(title: string, work: () => Promise<Row[]>): Promise<void> {
  rows.push(...(await step(title, work)));
}

/**
 * Measures the time and the number of wrong words for one clip. The first round is a warm-up, and its time does not
 * count.
 */
async function compare(
  running: Parameters<Parameters<typeof withBoth<Row[]>>[1]>[0],
  clip: Clip,
  name: string,
  times: number,
  aim: string,
): Promise<Row[]> {
  const runs = await alternate(running, 1 + times, async (side) => {
    const start = performance.now();
    const text = await side.transcribe(clip);
    return { ms: performance.now() - start, text };
  });
  const ms = (all: typeof runs.ours) => median(all.slice(1).map((one) => one.ms));
  const wrong = (all: typeof runs.ours) => {
    const errors = countWordErrors(clip.text, all.at(-1)?.text ?? "");
    return `${errors.wrong} of ${errors.words}`;
  };
  return [
    numberRow(name, ms(runs.ours), ms(runs.peer), { unit: "ms", digits: 0, aim }),
    {
      measure: `${name}: wrong words`,
      ours: wrong(runs.ours),
      peer: wrong(runs.peer),
      ratio: "",
      aim: "",
    },
  ];
}

/** Measures the peak memory of each program while it loads the model and transcribes the long file. */
async function measureMemory(): Promise<Row[]> {
  if (!hasProcessTree) return [];
  const both = await alternate(batched, 1, async (side) => {
    await using server = await side.start();
    await server.transcribe(clips.long);
    return memoryOf(server.process.pid).peakBytes / 1e6;
  });
  const measured =
    "peak memory of all processes, loading and the long file (BatchedInferencePipeline)";
  const options = { unit: "MB", digits: 0, aim: "not above its" };
  return [numberRow(measured, both.ours[0] ?? Number.NaN, both.peer[0] ?? Number.NaN, options)];
}

function longName(way: string): string {
  return `${clips.long.durationS.toFixed(0)} s file (${way})`;
}
