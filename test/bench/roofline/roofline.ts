/**
 * Prints the limits of this CPU, and the least time that each stage of a Whisper model can take within them: the larger of
 * its operations divided by the peak of the CPU, and its bytes divided by the bandwidth of the memory.
 *
 * Usage: npm run bench -- roofline
 */
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { runTool } from "../../../vendor/packages.mjs";
import { benchFolder } from "../folders.ts";
import { type Stage, stagesOf, whisperShapes } from "./stages.ts";

interface Peaks {
  /** 10^9 operations a second. */
  readonly float: number;
  readonly int8: number;
  /** 10^9 bytes a second. */
  readonly memory: number;
}

const program = join(benchFolder, "peaks");
const source = join(import.meta.dirname, "peaks.cpp");
const flags = ["-std=c++17", "-O3", "-march=native", source, "-o", program, "-lpthread"];
runTool(["mkdir", "-p", benchFolder], { failure: "Cannot create the folder" });
runTool(["c++", ...flags], { failure: "Cannot compile peaks.cpp" });

const cores = availableParallelism();
const [one, all] = [peaksOf(1), peaksOf(cores)];
const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${cores} cores (${process.platform})`;
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${machine}, load ${loadavg()[0]?.toFixed(1)}\n`,
);
console.log("| limit | one core | all cores |\n|---|---:|---:|");
console.log(`| float32, GFLOP/s | ${one.float.toFixed(0)} | ${all.float.toFixed(0)} |`);
console.log(`| 8 bits, GOP/s | ${one.int8.toFixed(0)} | ${all.int8.toFixed(0)} |`);
console.log(`| reading the memory, GB/s | ${one.memory.toFixed(1)} | ${all.memory.toFixed(1)} |`);

console.log("\nOne core, a window of 15.36 s, 5 beams, 8-bit weights:\n");
console.log("| model | stage | 8-bit GOP | float GFLOP | MB read | least time | limited by |");
console.log("|---|---|---:|---:|---:|---:|---|");
for (const [name, shape] of Object.entries(whisperShapes)) {
  for (const stage of stagesOf(shape, { positions: 768, beams: 5 })) printStage(name, stage);
}

function printStage(model: string, { name, int8Ops, floatOps, bytes }: Stage): void {
  const computeS = int8Ops / one.int8 / 1e9 + floatOps / one.float / 1e9;
  const memoryS = bytes / one.memory / 1e9;
  const leastMs = 1000 * Math.max(computeS, memoryS);
  const cells = [model, name, int8Ops / 1e9, floatOps / 1e9, bytes / 1e6].map((cell) =>
    typeof cell === "number" ? cell.toPrecision(3) : cell,
  );
  const limit = computeS > memoryS ? "computing" : "the memory";
  console.log(`| ${cells.join(" | ")} | ${leastMs.toPrecision(3)} ms | ${limit} |`);
}

function peaksOf(threads: number): Peaks {
  const text = runTool([program, String(threads)], { failure: "Cannot measure the CPU" });
  const [float = 0, int8 = 0, memory = 0] = text.trim().split(" ").map(Number);
  return { float, int8, memory };
}
