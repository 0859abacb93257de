/**
 * A runner without an engine: its model says how it loads, a job's prompt what it does, run by run.
 * Usage: bun scripted-runner.ts FILE: starts that it dies in are counted in the file.
 */
import { appendFileSync, readFileSync, writeSync } from "node:fs";
import type { Capabilities } from "../../src/ipc/capabilities.ts";
import type { FromRunner, ToRunner } from "../../src/ipc/protocol.ts";

/** What it says of itself, whatever it does. */
const chunksInFlight = 3;

const cancelled = new Set<number>();
const capabilities: Capabilities = {
  languages: ["en"],
  detectLanguage: false,
  prompt: true,
  keywords: true,
  temperature: true,
  words: true,
  translate: false,
  live: false,
};
let isDeaf = false;
const noWork = { decodeS: 0, engineS: 0 };
const cancelledFailure = { code: "client_closed_request", message: "Cancelled", param: null };

process.on("message", (message: ToRunner) => {
  if (message.type === "load") load("path" in message.model ? message.model.path : "");
  else if (message.type === "transcribe") void transcribe(message);
  else if (message.type === "cancel") cancelled.add(message.job);
  else if (!isDeaf) send({ type: "pong" });
});
process.on("disconnect", () => process.exit(71));

function load(model: string): void {
  if (model === "never") return;
  if (model === "dies") process.exit(9);
  if (model === "dies once" && countedRuns(process.argv[2]!) === 1) process.exit(9);
  if (model === "chatters") process.send?.({ type: "hello", who: "a later version" });
  if (model === "miscounts") {
    send({ type: "ready", description: "scripted", capabilities, chunksInFlight: 0 });
  }
  if (model === "is refused") {
    const failure = { code: "model_load_failed", message: "Cannot read the model", param: null };
    send({ type: "load-failed", failure });
    return;
  }
  if (model === "is deaf") isDeaf = true;
  send({ type: "ready", description: "scripted", capabilities, chunksInFlight });
}

/** The prompt: what each run does, parted by `|`; a run is commands parted by blanks. */
async function transcribe(message: ToRunner & { type: "transcribe" }) {
  const { job, audioPath, options } = message;
  let chunks = message.from?.chunks ?? 0;
  const runs = (options.prompt ?? "").split("|");
  const run = runs[Math.min(countedRuns(audioPath), runs.length) - 1] ?? "";
  for (const command of run.split(" ")) {
    if (cancelled.has(job))
      return send({ type: "failed", job, failure: cancelledFailure, ...noWork });
    if (command === "chunk") sendChunk(job, chunks++, audioPath);
    else if (command === "die") process.kill(process.pid, "SIGSEGV");
    else if (command === "sleep") await Bun.sleep(300);
    else if (command === "block") Bun.sleepSync(60_000);
    else if (command === "complain") process.stderr.write("the scripted reason\n");
    else if (command === "leave") leave();
    else if (command === "hang") await new Promise(() => {});
    else if (command === "eat") send({ type: "memory", residentBytes: 2e9 });
    else if (command === "babble") writeSync(channel(), "no message\n");
    else if (command === "fail") {
      const failure = { code: "invalid_audio", message: "Cannot read the audio", param: "file" };
      return send({ type: "failed", job, failure, ...noWork });
    }
    // What was sent before must be under way when the process dies.
    await Bun.sleep(10);
  }
  send({ type: "done", job, language: "en", durationS: 9, ...noWork });
}

function sendChunk(job: number, n: number, audioPath: string): void {
  const facts = { temperature: 0, avgLogprob: 0, compressionRatio: 1, noSpeechProb: 0, seekS: 0 };
  const text = ` ${n} of run ${readFileSync(audioPath, "utf8").length}`;
  const times = { startS: n, endS: n + 1 };
  const segments = [{ id: n, ...times, text, tokens: [n], ...facts }];
  const counts = { chunks: n + 1, segments: n + 1, replayFrom: n + 1 };
  const checkpoint = { ...counts, language: "en", spokenS: { en: n + 1 } };
  send({ type: "segments", job, segments, words: [{ text, ...times }], checkpoint });
  send({ type: "progress", job, doneS: n + 1, totalS: 9 });
}

/** Closes the channel, and lives on without it. */
function leave(): void {
  process.removeAllListeners("disconnect");
  process.disconnect?.();
  setInterval(() => {}, 1000);
}

/** Counts in a file: a process that died remembers nothing. */
function countedRuns(path: string): number {
  appendFileSync(path, "x");
  return readFileSync(path, "utf8").length;
}

function channel(): number {
  const variables = readFileSync("/proc/self/environ", "utf8").split("\0");
  const found = variables.find((variable) => variable.startsWith("NODE_CHANNEL_FD="));
  return Number(found?.split("=")[1]);
}

function send(message: FromRunner): void {
  process.send?.(message);
}
