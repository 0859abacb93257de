/**
 * Compares our MLX backends with Python's mlx-whisper on the CPU. Both read the same float32 weights, use the same BLAS
 * library with the same number of threads, and search greedily at temperature 0 without voice activity detection. The
 * programs run in turn.
 *
 * Usage: npm run bench -- mlx [--model base|tiny.en] [--rounds N] [--threads N] [--backend NAME]
 */
import { existsSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { version } from "../../../package.json";
import { repository, runTool, step } from "../../../vendor/packages.mjs";
import { mlxLibrary } from "../../mlx/library.ts";
import { parityModels } from "../../mlx/write-whisper.ts";
import { writeWhisperFolder } from "../../mlx/whisper-folder.ts";
import { sendAll } from "../clients.ts";
import { type Clip, loadClips } from "../clips.ts";
import { benchFolder } from "../folders.ts";
import { ours } from "../ours.ts";
import { memoryOf } from "../process-tree.ts";
import { alternate, type Pair, type Side, withBoth } from "../side.ts";
import { median } from "../statistics.ts";
import { numberRow, renderTable, type Row } from "../table.ts";
import { blasOf, mlxWhisper } from "./python.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "tiny.en" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: String(availableParallelism()) },
    /** Measures only this backend. */
    backend: { type: "string" },
  },
});
const name = values.model === "base" ? "base" : "tiny.en";
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const clientCount = 8;

runTool([process.execPath, join(repository, "build.ts"), "tests"], {
  failure: "Cannot build MLX and the models",
});
const folder = join(benchFolder, `mlx-whisper-${name}`);
if (!existsSync(folder)) {
  const { name: model, ...options } = parityModels[`${name}-f32`];
  await step(`writing ${folder}`, async () => writeWhisperFolder(model, folder, options));
}
const clips = await loadClips();
const peer = mlxWhisper(folder, threads);

const rows: Row[] = [];
for (const backend of ["whisper-mlx", "lightning-whisper-mlx"]) {
  if (values.backend !== undefined && values.backend !== backend) continue;
  const us = ours({
    beam: 1,
    model: `${backend}:${folder}`,
    flags: ["--vad=off", "--temperature-fallback=off"],
    environment: { OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary, OPENBLAS_NUM_THREADS: String(threads) },
  });
  rows.push(...(await step(backend, () => measure(backend, { ours: us, peer }))));
}
const blas = await step("BLAS", async () => {
  await using running = await peer.start();
  return await blasOf(running);
});
const cores = availableParallelism();
const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${cores} cores (${process.platform})`;
console.log(
  [
    `${new Date().toISOString().slice(0, 10)}, ${machine}, load ${loadavg()[0]?.toFixed(1)}.`,
    `Whisper ${name} in float32, greedy. Both sides: ${blas.library.trim()}, ${blas.threads} threads.`,
    "",
    renderTable(rows, { ours: `open-asr-server ${version}`, peer: "mlx-whisper 0.4.3" }),
  ].join("\n"),
);

async function measure(backend: string, sides: Pair<Side>): Promise<Row[]> {
  return await withBoth(sides, async (running) => {
    const time = (label: string, clip: Clip) =>
      alternate(running, 1 + rounds, (side) => sendAll(side, [clip], 1)).then((seconds) =>
        numberRow(`${backend}, ${label}`, msOf(seconds.ours), msOf(seconds.peer), {
          unit: "ms",
          digits: 0,
          aim: "below its time",
        }),
      );
    const found = [await time("5 s clip", clips.short), await time("11 s clip", clips.medium)];
    const sent = clips.spoken.filter(({ language }) => language === "en").slice(0, clientCount);
    const audioS = sent.reduce((sum, { durationS }) => sum + durationS, 0);
    // The first round is a warm-up, in which the lanes of our program open.
    const rates = await alternate(
      running,
      1 + rounds,
      async (side) => audioS / (await sendAll(side, sent, clientCount)),
    );
    const peaks = [running.ours, running.peer].map(
      ({ process: { pid } }) => memoryOf(pid).peakBytes / 1e6,
    );
    found.push(
      numberRow(
        `${backend}, audio seconds a second, ${clientCount} clients`,
        median(rates.ours.slice(1)),
        median(rates.peer.slice(1)),
        { unit: "", digits: 1, aim: "at least 3 times" },
      ),
      numberRow(`${backend}, peak memory`, peaks[0] ?? 0, peaks[1] ?? 0, { unit: "MB", digits: 0 }),
    );
    return found;
  });
}

/** Returns the median of the times in milliseconds. The first round is a warm-up. */
function msOf(seconds: readonly number[]): number {
  return median(seconds.slice(1)) * 1000;
}
