/** Measures one model: warm-up, latency, long audio, and several clients. */
import { devicesOf, usesGpu } from "../../models/backends/device.ts";
import { listBackends } from "../../models/backends/index.ts";
import type { Precision } from "../../jobs/model-facts.ts";
import { cpuFeatures } from "../../platform/cpu-features.ts";
import { embeddedLevel } from "../../platform/embedded.ts";
import { loadSamples, type Sample } from "../../platform/samples.ts";
import { wavOf } from "../../platform/wav.ts";
import type { Config } from "../../settings/config.ts";
import { deviceMachine } from "../../settings/machine.ts";
import { countWordErrors, sumWordErrors, type WordErrors } from "../../transcript/word-errors.ts";
import { BenchServer } from "./bench-server.ts";
import { Budget, type Limit, timesFor } from "./budget.ts";
import { type Latency, type LongAudio, measureLatency, measureLongAudio } from "./one-client.ts";
import { PeakMemory } from "./peak-memory.ts";
import { clientCounts, measureThroughput, type Throughput } from "./throughput.ts";

export interface ModelResult {
  readonly model: string;
  readonly backend: string;
  /** Name, version and CPU level of the engine. */
  readonly engine: string;
  /** Number format of the weights. Null when it is unknown. */
  readonly precision: Precision | null;
  /** Number format in which the engine computes. Null when the engine chooses it. */
  readonly computeType: string | null;
  readonly device: string;
  readonly workers: number;
  readonly threadsPerWorker: number;
  readonly loadS: number;
  readonly latency: Latency | null;
  readonly longAudio: LongAudio | null;
  readonly throughput: readonly Throughput[];
  /** Peak memory of the runner process of the model, in bytes. */
  readonly peakMemoryBytes: number;
  /** Word errors of the warm-up. Null when the warm-up did not transcribe all samples in time. */
  readonly wordErrors: WordErrors | null;
  /** Explanations of the values that are missing in this result. */
  readonly notes: readonly string[];
}

interface MeasuredModel {
  /** Name of the model as the user wrote it. Null means the default model. */
  readonly name: string | null;
  /** Name of the model in the report. */
  readonly id: string;
  /** Time for all measurements of the model together, in seconds (see `timesFor`). */
  readonly seconds: number;
}

interface Services {
  readonly config: Config;
  readonly signal: AbortSignal;
  /** The benchmark calls this function at the start of each step, with the name of the step. */
  readonly note: (step: string) => void;
}

export async function measureModel(
  { name, id, seconds }: MeasuredModel,
  { config, signal, note }: Services,
): Promise<ModelResult> {
  note("load the model");
  await using server = await BenchServer.open(name, config, signal);
  using memory = new PeakMemory(() => server.runner);
  const samples = await loadSamples();
  using budget = new Budget(timesFor(seconds), signal);
  note("warm-up");
  const wordErrors = await budget.run("warm-up", 0, (limit) => warmUp(server, samples, limit));
  const [short] = samples;
  if (short === undefined) throw new Error("expected samples in the executable");
  note(`latency of a ${short.durationS.toFixed(0)} s clip`);
  const latency = await budget.run("latency", shares.latency, (limit) =>
    measureLatency(server, short, limit),
  );
  note("long audio");
  const longAudio = await budget.run("long audio", shares.longAudio, (limit) =>
    measureLongAudio(server, { samples, latency }, limit),
  );
  const throughput: Throughput[] = [];
  for (const clients of clientCounts) {
    const what = clients === 1 ? "1 client" : `${clients} clients`;
    note(what);
    const measured = await budget.run(what, shares.clients, (limit) =>
      measureThroughput(server, { samples, clients }, limit),
    );
    if (measured !== null) throughput.push(measured);
  }
  return {
    ...(await factsOf(server, config)),
    model: id,
    loadS: server.loadS,
    latency,
    longAudio,
    throughput,
    peakMemoryBytes: memory.bytes,
    wordErrors,
    notes: budget.notes,
  };
}

// --- internal ---

/**
 * Fractions of the measuring time of a model, one for each kind of measurement. `clients` is used once for each number
 * of clients. The rest of the time remains for the warm-up.
 */
const shares = { latency: 0.15, longAudio: 0.25, clients: 0.18 } as const;

/**
 * Sends every sample twice, all requests at the same time, so that more than one lane is used. Returns the word errors
 * of the first transcript of each sample.
 */
async function warmUp(
  server: BenchServer,
  samples: readonly Sample[],
  { signal }: Limit,
): Promise<WordErrors> {
  const texts = await Promise.all(
    [...samples, ...samples].map((one) => server.transcribe(new Blob([wavOf([one])]), signal)),
  );
  return sumWordErrors(samples.map(({ text }, index) => countWordErrors(text, texts[index] ?? "")));
}

async function factsOf(server: BenchServer, config: Config) {
  const { model, lanes, runner } = server;
  const backend = listBackends(config).find(({ id }) => id === model.backend);
  if (backend === undefined) throw new Error(`expected a backend, found "${model.backend}"`);
  const level = embeddedLevel(backend.library, cpuFeatures());
  const [engine = backend.displayName] = runner?.engine?.split(" (") ?? [];
  const machine = deviceMachine();
  const gpu = devicesOf(backend, machine).find((device) => device !== "cpu");
  const isOnGpu = usesGpu(backend, config.device, machine) && runner?.gpuFailed !== true;
  const device = (isOnGpu && gpu) || "cpu";
  const fastest = device === "cpu" ? "int8" : "float16";
  return {
    backend: backend.id,
    engine: level === null ? engine : `${engine} (${level})`,
    precision: (await server.metadata())?.precision ?? null,
    computeType: backend.supportsComputeType === true ? (config.computeType ?? fastest) : null,
    device,
    workers: lanes,
    threadsPerWorker: config.threadsPerLane,
  };
}
