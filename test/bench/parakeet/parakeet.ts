/**
 * Compares our executable, with both of its engines for Parakeet, with other programs that run Parakeet on the CPU:
 * PyPI's transcribe-cpp, whisper.cpp's parakeet-cli and parakeet-mlx (32-bit weights). All have the same random weights in
 * the shape of parakeet-tdt-0.6b-v3, and as many threads as the machine has cores. The programs work in turn.
 *
 * Usage: npm run bench -- parakeet [--type q8_0|f16] [--rounds N] [--hour] [--only NAME]
 *
 * `--only` selects the programs whose name contains NAME, for example parakeet-mlx. All programs together need 11 GB.
 */
import { existsSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTool, step } from "../../../vendor/packages.mjs";
import { type ParakeetFormat, writeParakeet } from "../../gguf/write-parakeet.ts";
import { mlxLibrary } from "../../mlx/library.ts";
import { sendAll } from "../clients.ts";
import { type Clip, loadClips } from "../clips.ts";
import { benchFolder } from "../folders.ts";
import { ours } from "../ours.ts";
import { memoryOf } from "../process-tree.ts";
import type { RunningSide, Side } from "../side.ts";
import { median } from "../statistics.ts";
import { buildParakeetTools, parakeetSeconds, type ParakeetTools } from "./parakeet-cli.ts";
import { pythonPeer } from "./peers.ts";

const { values } = parseArgs({
  options: {
    type: { type: "string", default: "q8_0" },
    rounds: { type: "string", default: "3" },
    hour: { type: "boolean", default: false },
    only: { type: "string", default: "" },
  },
});
const type = values.type === "f16" ? "f16" : "q8_0";
const rounds = Number(values.rounds);
const threads = availableParallelism();
const clientCount = 8;
const folder = join(benchFolder, "parakeet-models");
const clips = await loadClips();

interface Result {
  readonly clipS: number;
  readonly audioPerS: number;
  readonly hourS: number | null;
  readonly peakMb: number | null;
}

type Program = readonly [name: string, open: () => Promise<Side>];

const all: readonly Program[] = [
  [
    "open-asr-server, transcribe-cpp",
    async () => ours({ beam: 1, model: `transcribe-cpp:${await modelFile(type)}` }),
  ],
  [
    "open-asr-server, parakeet-mlx (f32)",
    async () =>
      ours({
        beam: 1,
        model: `parakeet-mlx:${await modelFile("mlx")}`,
        environment: { OPEN_ASR_SERVER_MLX_LIBRARY: mlxLibrary },
      }),
  ],
  [
    "transcribe-cpp 0.4.1 (PyPI)",
    async () => pythonPeer({ engine: "transcribe-cpp", model: await modelFile(type), threads }),
  ],
  [
    "parakeet-mlx 0.6.0 (f32)",
    async () => pythonPeer({ engine: "parakeet-mlx", model: await modelFile("mlx"), threads }),
  ],
];
const isWanted = (name: string): boolean => name.includes(values.only);
const programs = all.filter(([name]) => isWanted(name));

const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${threads} cores (${process.platform})`;
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${machine}, load ${loadavg()[0]?.toFixed(1)}, ${type}, ${threads} threads each.\n`,
);
console.log(
  `| program | 11 s clip | audio seconds a second, ${clientCount} clients | one hour | peak memory |`,
);
console.log("|---|---:|---:|---:|---:|");
for (const [name, result] of await measureInTurn()) printRow(name, result);
const cliName = "parakeet-cli (whisper.cpp 1.9.1)";
if (isWanted(cliName)) printRow(cliName, await step("parakeet-cli", measureCli));

function printRow(name: string, { clipS, audioPerS, hourS, peakMb }: Result): void {
  const hour = hourS === null ? "" : `${hourS.toFixed(0)} s`;
  const memory = peakMb === null ? "" : `${peakMb.toFixed(0)} MB`;
  const clip = `${(clipS * 1000).toFixed(0)} ms`;
  console.log(`| ${name} | ${clip} | ${audioPerS.toFixed(1)} | ${hour} | ${memory} |`);
}

/** Starts all programs, and lets them work in turn, so that other work on this machine delays all of them alike. */
async function measureInTurn(): Promise<readonly (readonly [string, Result])[]> {
  await using stack = new AsyncDisposableStack();
  const { medium } = clips;
  const running: { name: string; side: RunningSide; clipS: number[]; batchS: number[] }[] = [];
  for (const [name, open] of programs) {
    const side = stack.use(await step(name, async () => await (await open()).start()));
    // The first request is a warm-up. The lanes of our program open when requests overlap.
    await side.transcribe(medium);
    await sendAll(side, Array(clientCount).fill(medium), clientCount);
    running.push({ name, side, clipS: [], batchS: [] });
  }
  for (let i = 0; i < rounds; i++) {
    for (const { side, clipS } of running) clipS.push(await sendAll(side, [medium], 1));
    for (const { side, batchS } of running)
      batchS.push(await sendAll(side, Array(clientCount).fill(medium), clientCount));
  }
  const results: [string, Result][] = [];
  for (const { name, side, clipS, batchS } of running) {
    const hourS = values.hour ? await sendAll(side, hourOfClips(), 1) : null;
    const { peakBytes } = memoryOf(side.process.pid);
    const audioPerS = (clientCount * medium.durationS) / median(batchS);
    results.push([name, { clipS: median(clipS), audioPerS, hourS, peakMb: peakBytes / 1e6 }]);
  }
  return results;
}

async function measureCli(): Promise<Result> {
  const tools = await buildParakeetTools();
  const whisper = await whisperModel(tools);
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

async function whisperModel({ quantize }: ParakeetTools): Promise<string> {
  const halves = await modelFile("whisper");
  if (type === "f16") return halves;
  const path = join(folder, "parakeet-whisper-q8_0.bin");
  if (!existsSync(path)) {
    runTool([quantize, halves, path, "q8_0"], { failure: "Cannot quantise the model" });
  }
  return path;
}
