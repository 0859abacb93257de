/**
 * Simulates a runner without an engine. The path of the model selects what the runner does when it loads the model. The
 * prompt of a job contains the commands for each run of the job.
 *
 * Usage: bun scripted-runner.ts FILE. In FILE, the runner counts the loads of the model "dies once".
 */
import { appendFileSync, readFileSync, writeSync } from "node:fs";
import type { FromRunner, ToRunner } from "../../src/ipc/protocol.ts";
import { englishCapabilities } from "../ipc/plain-job.ts";
import { noWork } from "../../src/ipc/work.ts";

/** Number of chunks in flight that this runner reports, although it processes one chunk at a time. */
const chunksInFlight = 3;

const cancelled = new Set<number>();
const capabilities = englishCapabilities;
let ignoresPings = false;
const cancelledFailure = { code: "client_closed_request", message: "Cancelled", param: null };

process.on("message", (message: ToRunner) => {
  if (message.type === "load") load("path" in message.model ? message.model.path : "");
  else if (message.type === "transcribe") void transcribe(message);
  else if (message.type === "cancel") cancelled.add(message.job);
  else if (!ignoresPings) send({ type: "pong" });
});
process.on("disconnect", () => process.exit(71));

function load(model: string): void {
  if (model === "never") return;
  if (model === "dies") process.exit(9);
  if (model === "dies once" && countedRuns(process.argv[2]!) === 1) process.exit(9);
  if (model === "sends an unknown message")
    process.send?.({ type: "hello", who: "a later version" });
  if (model === "reports 0 chunks in flight") {
    send({
      type: "ready",
      description: "scripted",
      gpuFailure: null,
      capabilities,
      chunksInFlight: 0,
    });
  }
  if (model === "is rejected") {
    const failure = { code: "model_load_failed", message: "Cannot read the model", param: null };
    send({ type: "load-failed", failure });
    return;
  }
  if (model === "ignores pings") ignoresPings = true;
  send({ type: "ready", description: "scripted", gpuFailure: null, capabilities, chunksInFlight });
}

/** Runs a job. In the prompt, `|` separates the runs of the job, and a space separates the commands of a run. */
async function transcribe(message: ToRunner & { type: "transcribe" }) {
  const { job, audioPath, options } = message;
  let chunks = message.from?.chunks ?? 0;
  const runs = (options.prompt ?? "").split("|");
  const run = runs[Math.min(countedRuns(audioPath), runs.length) - 1] ?? "";
  for (const command of run.split(" ")) {
    if (cancelled.has(job))
      return send({ type: "failed", job, failure: cancelledFailure, work: noWork });
    if (command === "chunk") sendChunk(job, chunks++, audioPath);
    else if (command === "die") process.kill(process.pid, "SIGSEGV");
    else if (command === "sleep") await Bun.sleep(300);
    else if (command === "block") Bun.sleepSync(60_000);
    else if (command === "write-stderr") process.stderr.write("the scripted reason\n");
    else if (command === "disconnect") disconnect();
    else if (command === "hang") await new Promise(() => {});
    else if (command === "use-memory") send({ type: "memory", residentBytes: 2e9 });
    else if (command === "send-garbage") writeSync(channel(), "not a message\n");
    else if (command === "fail") {
      const failure = { code: "invalid_audio", message: "Cannot read the audio", param: "file" };
      return send({ type: "failed", job, failure, work: noWork });
    }
    // Waits until the messages of this command have left the process, because the next command may kill the process.
    await Bun.sleep(10);
  }
  send({ type: "done", job, language: "en", durationS: 9, work: noWork });
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

/** Closes the channel to the supervisor and keeps the process alive. */
function disconnect(): void {
  process.removeAllListeners("disconnect");
  process.disconnect?.();
  setInterval(() => {}, 1000);
}

/**
 * Returns how many times this function was called for the path, including this call. The count is the size of the file,
 * because a process that dies loses its memory.
 */
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
