/**
 * Compares our executable with other programs that run Parakeet on the CPU: PyPI's transcribe-cpp, whisper.cpp's
 * parakeet-cli and parakeet-mlx (32-bit weights). All have the same random weights in the shape of
 * parakeet-tdt-0.6b-v3, and as many threads as the machine has cores. The programs run in turn.
 *
 * Usage: npm run bench -- parakeet [--type q8_0|f16] [--rounds N] [--hour]
 */
import { existsSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTool, step } from "../../../vendor/packages.mjs";
import { type ParakeetFormat, writeParakeet } from "../../gguf/write-parakeet.ts";
import { sendAll } from "../clients.ts";
import { type Clip, loadClips } from "../clips.ts";
import { benchFolder } from "../folders.ts";
import { ours } from "../ours.ts";
import { memoryOf } from "../process-tree.ts";
import type { Side } from "../side.ts";
import { median } from "../statistics.ts";
import { buildParakeetTools, parakeetSeconds } from "./parakeet-cli.ts";
import { pythonPeer } from "./peers.ts";

const { values } = parseArgs({
  options: {
    type: { type: "string", default: "q8_0" },
    rounds: { type: "string", default: "3" },
    hour: { type: "boolean", default: false },
  },
});
const type = values.type === "f16" ? "f16" : "q8_0";
const rounds = Number(values.rounds);
const threads = availableParallelism();
const clientCount = 8;
const folder = join(benchFolder, "parakeet-models");
const tools = await buildParakeetTools();
const gguf = await modelFile(type);
const whisper = await whisperModel();
const clips = await loadClips();

interface Result {
  readonly clipS: number;
  readonly audioPerS: number;
  readonly hourS: number | null;
  readonly peakMb: number | null;
}

const sides: Readonly<Record<string, Side>> = {
  "open-asr-server": ours({ beam: 1, model: `transcribe-cpp:${gguf}` }),
  "transcribe-cpp 0.4.1 (PyPI)": pythonPeer({ engine: "transcribe-cpp", model: gguf, threads }),
  "parakeet-mlx 0.6.0 (f32)": pythonPeer({
    engine: "parakeet-mlx",
    model: await modelFile("mlx"),
    threads,
  }),
};
const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${threads} cores (${process.platform})`;
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${machine}, ${type}, ${threads} threads each.\n`,
);
console.log(
  `| program | 11 s clip | audio seconds a second, ${clientCount} clients | one hour | peak memory |`,
);
console.log("|---|---:|---:|---:|---:|");
for (const [name, side] of Object.entries(sides)) {
  printRow(name, await step(name, () => measure(side)));
}
printRow("parakeet-cli (whisper.cpp 1.9.1)", await step("parakeet-cli", measureCli));

function printRow(name: string, { clipS, audioPerS, hourS, peakMb }: Result): void {
  const hour = hourS === null ? "" : `${hourS.toFixed(0)} s`;
  const memory = peakMb === null ? "" : `${peakMb.toFixed(0)} MB`;
  const clip = `${(clipS * 1000).toFixed(0)} ms`;
  console.log(`| ${name} | ${clip} | ${audioPerS.toFixed(1)} | ${hour} | ${memory} |`);
}

async function measure(side: Side): Promise<Result> {
  await using running = await side.start();
  const { medium } = clips;
  // The first request is a warm-up.
  await running.transcribe(medium);
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await sendAll(running, [medium], 1));
  const sent = Array.from({ length: 2 * clientCount }, () => medium);
  // The lanes of our program open when requests overlap, so one more round is a warm-up.
  await sendAll(running, sent.slice(0, clientCount), clientCount);
  const seconds = await sendAll(running, sent, clientCount);
  const hourS = values.hour ? await sendAll(running, hourOfClips(), 1) : null;
  const { peakBytes } = memoryOf(running.process.pid);
  return {
    clipS: median(times),
    audioPerS: (sent.length * medium.durationS) / seconds,
    hourS,
    peakMb: peakBytes / 1e6,
  };
}

async function measureCli(): Promise<Result> {
  const { medium } = clips;
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    times.push(await parakeetSeconds(tools, whisper, threads, [medium]));
  }
  const sent = Array.from({ length: 2 * clientCount }, () => medium);
  const seconds = await parakeetSeconds(tools, whisper, threads, sent);
  return {
    clipS: median(times),
    audioPerS: (sent.length * medium.durationS) / seconds,
    hourS: values.hour ? await parakeetSeconds(tools, whisper, threads, hourOfClips()) : null,
    peakMb: null,
  };
}

/** Returns clips with a total length of about one hour. Each of them is the file of four minutes. */
function hourOfClips(): Clip[] {
  return Array.from({ length: Math.round(3600 / clips.long.durationS) }, () => clips.long);
}

async function modelFile(format: ParakeetFormat): Promise<string> {
  const name = { mlx: "mlx", whisper: "parakeet-whisper-f16.bin" }[format as "mlx" | "whisper"];
  const path = join(folder, name ?? `parakeet-${format}.gguf`);
  if (existsSync(path)) return path;
  return await step(`writing ${path}`, async () => writeParakeet(folder, "full", format));
}

async function whisperModel(): Promise<string> {
  const halves = await modelFile("whisper");
  if (type === "f16") return halves;
  const path = join(folder, "parakeet-whisper-q8_0.bin");
  if (!existsSync(path)) {
    runTool([tools.quantize, halves, path, "q8_0"], { failure: "Cannot quantise the model" });
  }
  return path;
}
