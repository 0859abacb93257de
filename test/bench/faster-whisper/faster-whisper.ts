/**
 * Compares our executable in one run with Python's faster-whisper, one request at a time, and with the Python server of
 * the same name under load. All use the same weights, compute type, beams and cores. All use only temperature 0, because
 * at higher temperatures decoding is random and its duration varies.
 *
 * Usage: npm run bench -- faster-whisper [--beam N] [--compute-type TYPE] [--rounds N] [--hour] [--only PART]
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { version } from "../../../package.json";
import { buildModelFolder } from "../../../vendor/models/build.ts";
import { step } from "../../../vendor/packages.mjs";
import { countWordErrors } from "../../../src/transcript/word-errors.ts";
import { type Clip, loadClips, oneHour } from "../clips.ts";
import { ours } from "../ours.ts";
import { hasProcessTree, memoryOf } from "../process-tree.ts";
import { alternate, type Pair, type Side, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, renderTable, type Row } from "../table.ts";
import { python } from "./python.ts";
import { pythonServer } from "./python-server.ts";
import { measureUnderLoad } from "./under-load.ts";

const { values } = parseArgs({
  options: {
    beam: { type: "string", default: "5" },
    "compute-type": { type: "string", default: "int8" },
    rounds: { type: "string", default: "5" },
    hour: { type: "boolean", default: false },
    only: { type: "string", default: "" },
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

/** The parts of the comparison, by name. */
const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
  "short clips": () =>
    withBoth(sequential, async (running) => {
      const found: Row[] = [];
      const around5s = clips.spoken.filter(
        ({ language, durationS }) => language === "en" && durationS > 4.7 && durationS < 5.4,
      );
      for (const clip of [...around5s, clips.medium]) {
        const name = `${clip.durationS.toFixed(1)} s clip ${clip.name}`;
        found.push(...(await compare(running, clip, name, rounds, "at most 0.45 of its time")));
      }
      return found;
    }),
  "long file, window after window": () => compareLong(sequential, "WhisperModel", 3.5),
  "long file, in batches": () => compareLong(batched, "BatchedInferencePipeline", 1.8),
  "under load": () => measureUnderLoad({ ours: us, peer: pythonServer(settings.model) }, clips, 3),
  memory: measureMemory,
};

const rows: Row[] = [];
for (const [name, work] of Object.entries(parts)) {
  if (name.includes(values.only)) rows.push(...(await step(name, work)));
}

const date = new Date().toISOString().slice(0, 10);
console.log(
  [
    `${date}, ${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores (${process.platform}).`,
    "The Python programs: faster-whisper 1.2.1, and under load open-asr-server 0.3.0 for Python.",
    `Whisper base, the same CTranslate2 weights, ${settings.computeType}, beam ${settings.beam}, temperature 0, voice activity on,`,
    "language given, 16 kHz wav over HTTP, both on all cores; medians, the two sides in turn.",
    "",
    renderTable(rows, { ours: `open-asr-server ${version}`, peer: "Python" }),
  ].join("\n"),
);

/** Compares the times of the long file, and of one hour if it is wanted. `factor` is the aim. */
function compareLong(sides: Pair<Side>, way: string, factor: number): Promise<Row[]> {
  const aim = `at most ${(1 / factor).toFixed(2)} of its time`;
  return withBoth(sides, async (running) => {
    const { long } = clips;
    const found = await compare(
      running,
      long,
      `${long.durationS.toFixed(0)} s file (${way})`,
      3,
      aim,
    );
    if (values.hour)
      found.push(...(await compare(running, await oneHour(long), `one hour (${way})`, 1, aim)));
    return found;
  });
}

/**
 * Measures the time and the number of wrong words for one clip. If there are several rounds, the first one is a warm-up,
 * and its time does not count.
 */
async function compare(
  running: Parameters<Parameters<typeof withBoth<Row[]>>[1]>[0],
  clip: Clip,
  name: string,
  times: number,
  aim: string,
): Promise<Row[]> {
  const warmUps = times > 1 ? 1 : 0;
  const runs = await alternate(running, warmUps + times, async (side) => {
    const start = performance.now();
    const text = await side.transcribe(clip);
    return { ms: performance.now() - start, text };
  });
  const ms = (all: typeof runs.ours) => median(all.slice(warmUps).map((one) => one.ms));
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
