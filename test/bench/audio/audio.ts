/**
 * Compares the audio library with ffmpeg and onnxruntime in one run. The two programs run in turn. Each value is a
 * median.
 *
 * Usage: npm run bench -- audio [--rounds N]
 */
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { step } from "../../../vendor/packages.mjs";
import { renderTable } from "../table.ts";
import { measureDecoding } from "./decoding.ts";
import { buildExamples } from "./examples.ts";
import { measureVoiceActivity } from "./voice-activity.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });
const rounds = Number(values.rounds);

await step("compiling the examples of the audio library", async () => buildExamples());
const rows = [
  ...(await step("decoding", () => measureDecoding(rounds))),
  ...(await step("voice activity", () => measureVoiceActivity(rounds))),
];

const date = new Date().toISOString().slice(0, 10);
const machine = `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores`;
console.log(`${date}, ${machine} (${process.platform}), \`npm run bench -- audio\`.`);
console.log("To 16 kHz mono, in seconds of processor time; medians, the two sides in turn.\n");
console.log(renderTable(rows, { ours: "ffi/audio", peer: `ffmpeg ${await ffmpegVersion()}` }));

async function ffmpegVersion(): Promise<string> {
  const text = await Bun.spawn(["ffmpeg", "-version"], { stderr: "ignore" }).stdout.text();
  return /^ffmpeg version (\d[\d.]*)/.exec(text)?.[1] ?? "";
}
