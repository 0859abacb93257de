/**
 * Measures voice activity detection and compares it with the same network in onnxruntime. Both use one thread and
 * process one window at a time.
 */
import { join } from "node:path";
import { fetchPinned } from "../../../vendor/fetch.ts";
import { installPython } from "../faster-whisper/python.ts";
import { alternate } from "../side.ts";
import { median } from "../statistics.ts";
import type { Row } from "../table.ts";
import { examplePath } from "./examples.ts";
import { measure } from "./program.ts";
import { durationS, tenMinutesOfSamples } from "./ten-minutes.ts";

export async function measureVoiceActivity(rounds: number): Promise<Row[]> {
  const samples = await tenMinutesOfSamples();
  const python = await installPython();
  const folder = await fetchPinned("silero-vad");
  const model = join(folder, "silero_vad", "data", "silero_vad_16k_op15.onnx");
  const sides = {
    ours: [examplePath("voice_activity"), samples],
    peer: [python, join(import.meta.dir, "silero_onnx.py"), model, samples],
  };
  const runs = await alternate(sides, rounds, async (command) => {
    const [seconds = Number.NaN, mean = Number.NaN] = (await measure(command, true)).output
      .split(" ")
      .map(Number);
    return { seconds, mean };
  });
  const difference = Math.abs((runs.ours[0]?.mean ?? 0) - (runs.peer[0]?.mean ?? 1));
  if (difference > 1e-4) throw new Error("the two programs found different probabilities");
  const share = (side: readonly { readonly seconds: number }[]) =>
    median(side.map(({ seconds }) => seconds)) / durationS;
  const [ours, peer] = [share(runs.ours), share(runs.peer)];
  const cell = (value: number) => value.toFixed(5);
  return [
    {
      measure: "voice activity, share of real time",
      ours: cell(ours),
      peer: `${cell(peer)} (onnxruntime)`,
      ratio: (ours / peer).toFixed(2),
      aim: "",
    },
  ];
}
