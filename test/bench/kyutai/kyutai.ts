/**
 * Compares our executable with Python's rustymimi and moshi-mlx on the CPU, in one run. Both have the same random weights in
 * float32. The programs run in turn.
 *
 * The peer runs if OPEN_ASR_BENCH_PYTHON names an interpreter with its packages (test/parity/make-kyutai-reference.py).
 * PyPI's mlx for Linux contains a slow BLAS, so its mlx must have OpenBLAS in its place (docs/benchmarks.md).
 *
 * Usage: npm run bench -- kyutai [--size 1b|2b|full-mimi] [--rounds N] [--streams N] [--seconds N]
 */
import { existsSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { step } from "../../../vendor/packages.mjs";
import { recordingAt } from "../../backends/recording.ts";
import { encodeWav, toInt16 } from "../../e2e/wav.ts";
import { kyutaiShapes, writeKyutaiFolder } from "../../mlx/kyutai/write-kyutai.ts";
import { mlxLibrary } from "../../mlx/library.ts";
import { sendAll } from "../clients.ts";
import type { Clip } from "../clips.ts";
import { benchFolder } from "../folders.ts";
import { ours } from "../ours.ts";
import { memoryOf } from "../process-tree.ts";
import type { RunningSide, Side } from "../side.ts";
import { median } from "../statistics.ts";
import { moshiPeer } from "./peer.ts";

const { values } = parseArgs({
  options: {
    size: { type: "string", default: "1b" },
    rounds: { type: "string", default: "3" },
    streams: { type: "string", default: "8" },
    seconds: { type: "string", default: "11" },
  },
});
const shape = kyutaiShapes[values.size as keyof typeof kyutaiShapes];
if (shape === undefined) throw new Error(`There is no size "${values.size}"`);
const rounds = Number(values.rounds);
const streams = Number(values.streams);
const cores = availableParallelism();
const rate = 24_000;
/** A CPU needs minutes for a request of the published size. */
const requestTimeoutMs = 3_600_000;

const model = join(benchFolder, "kyutai-models", values.size);
if (!existsSync(join(model, "config.json"))) {
  await step(`writing ${model}`, async () => writeKyutaiFolder(model, shape, true));
}
const samples = recordingAt(rate, "jfk.flac").subarray(0, Number(values.seconds) * rate);
const clip: Clip = {
  name: "jfk.flac",
  language: "en",
  durationS: samples.length / rate,
  text: "",
  wav: encodeWav(Int16Array.from(samples, toInt16), rate),
};

const python = process.env["OPEN_ASR_BENCH_PYTHON"];
const sides: readonly (readonly [name: string, side: Side])[] = [
  [
    "open-asr-server",
    ours({
      beam: 1,
      model: `kyutai-mlx:${model}`,
      environment: { OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary, OPEN_ASR_VAD: "off" },
    }),
  ],
  ...(python === undefined
    ? []
    : [["rustymimi and moshi-mlx", moshiPeer({ python, model, threads: cores })] as const]),
];

const processor = `${cpus()[0]?.model.trim() ?? process.arch}, ${cores} cores`;
const load = loadavg()[0]?.toFixed(1);
console.log(`${processor}, load ${load} before the run, ${values.size}, float32.\n`);
console.log(
  "| program | real-time factor, one file | streams per core in real time | peak memory |",
);
console.log("|---|---:|---:|---:|");
for (const [name, side] of sides) {
  const { factor, perCore, peakMb } = await step(name, () => measure(side));
  console.log(
    `| ${name} | ${factor.toFixed(2)} | ${perCore.toFixed(2)} | ${peakMb.toFixed(0)} MB |`,
  );
}

/** Measures one file alone, and `streams` files at the same time. */
async function measure(side: Side) {
  await using started = await side.start();
  const running: Pick<RunningSide, "transcribe"> = {
    transcribe: (sent) => started.transcribe(sent, AbortSignal.timeout(requestTimeoutMs)),
  };
  // The first request is a warm-up.
  await running.transcribe(clip);
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await sendAll(running, [clip], 1));
  const together = Array.from({ length: streams }, () => clip);
  const seconds = await sendAll(running, together, streams);
  return {
    factor: median(times) / clip.durationS,
    perCore: (streams * clip.durationS) / seconds / cores,
    peakMb: memoryOf(started.process.pid).peakBytes / 1e6,
  };
}
