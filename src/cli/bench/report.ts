/** Formats the results of a benchmark: as Markdown tables for people, as JSON for programs. */
import { sizeText } from "../../models/size-text.ts";
import { shownPath } from "../file-names.ts";
import type { BenchedMachine } from "./benched-machine.ts";
import type { ModelResult } from "./measure-model.ts";
import { clientCounts } from "./throughput.ts";

export interface Report {
  readonly machine: BenchedMachine;
  readonly results: readonly ModelResult[];
  readonly failures: readonly Failure[];
}

/** A model that the benchmark could not measure, and the reason. */
export interface Failure {
  readonly model: string;
  readonly reason: string;
}

/** Returns a table of the machine, a table with a column for each model, and explanations of missing values. */
export function reportText({ machine, results, failures }: Report): string {
  const facts = machineRows(machine);
  const measures = rows.map(({ title, cell }) => [title, ...results.map((one) => cell(one))]);
  const heading = ["measure", ...results.map(({ model }) => model)];
  const notes = [
    ...results.flatMap((one) => one.notes.map((line) => `- ${one.model}, ${line}`)),
    ...failures.map(({ model, reason }) => `- ${model}: ${reason}`),
  ].map(shownPath);
  return [
    `open-asr-server ${machine.version}, ${machine.date}: \`bench\``,
    markdown(["machine", ""], facts),
    markdown(heading, measures, "---:"),
    explanation,
    ...(notes.length === 0 ? [] : [notes.join("\n")]),
  ]
    .join("\n\n")
    .concat("\n");
}

export function reportJson({ machine, results, failures }: Report): string {
  const wire = {
    version: machine.version,
    date: machine.date,
    machine: {
      cpu: machine.cpu,
      cores: machine.cores,
      cpu_level: machine.cpuLevel,
      gpus: machine.gpus,
      memory_bytes: machine.memoryBytes,
      system: machine.system,
      load: machine.load,
    },
    options: { seconds: machine.seconds, beam_size: machine.beamSize, vad: machine.isVadOn },
    models: results.map(modelJson),
    failures,
  };
  return `${JSON.stringify(wire, null, 2)}\n`;
}

// --- internal ---

/** Text of the report that explains how the values were measured. */
const explanation = [
  "Measured through HTTP on the loopback address, after a warm-up, with the language given. The long audio repeats the",
  "samples, with pauses that do not count. Real-time factor: seconds of work per second of audio; less is faster.",
].join("\n");

interface MeasureRow {
  readonly title: string;
  readonly cell: (result: ModelResult) => string;
}

const missing = "-";

const rows: readonly MeasureRow[] = [
  { title: "engine", cell: ({ engine }) => engine },
  { title: "weights, computation if other", cell: formatsText },
  {
    title: "device, workers x threads",
    cell: ({ device, workers, threadsPerWorker }) => `${device}, ${workers} x ${threadsPerWorker}`,
  },
  { title: "load", cell: ({ loadS }) => `${loadS.toFixed(1)} s` },
  {
    title: "short clip, median",
    cell: ({ latency }) =>
      latency === null
        ? missing
        : `${milliseconds(latency.medianS)} (${latency.clipS.toFixed(0)} s, ${latency.requests} requests)`,
  },
  {
    title: "short clip, worst",
    cell: ({ latency }) => (latency === null ? missing : milliseconds(latency.worstS)),
  },
  {
    title: "real-time factor, long audio",
    cell: ({ longAudio }) =>
      longAudio === null
        ? missing
        : `${longAudio.realTimeFactor.toFixed(3)} (${longAudio.audioS.toFixed(0)} s)`,
  },
  ...clientCounts.map((clients) => ({
    title: `audio seconds per second, ${clients} client${clients === 1 ? "" : "s"}`,
    cell: ({ throughput }: ModelResult) =>
      throughput.find((one) => one.clients === clients)?.audioPerS.toFixed(1) ?? missing,
  })),
  {
    title: "peak memory of the model's process",
    cell: ({ peakMemoryBytes }) => sizeText(peakMemoryBytes),
  },
  {
    title: "wrong words in the samples",
    cell: ({ wordErrors }) =>
      wordErrors === null ? missing : `${wordErrors.wrong} of ${wordErrors.words}`,
  },
];

function machineRows(machine: BenchedMachine): string[][] {
  const cores = machine.cores === 1 ? "1 core" : `${machine.cores} cores`;
  const vad = machine.isVadOn ? "on" : "off";
  return [
    ["CPU", `${machine.cpu}, ${cores}, CPU level ${machine.cpuLevel}`],
    ["GPU", machine.gpus.join(", ") || "none found"],
    ["memory", sizeText(machine.memoryBytes)],
    ["system", machine.system],
    ["load before", machine.load.toFixed(1)],
    ["options", `${machine.seconds} s per model, beam ${machine.beamSize}, voice activity ${vad}`],
  ];
}

function formatsText({ precision, computeType }: ModelResult): string {
  const weights = precision ?? "unknown";
  return computeType === null || computeType === precision ? weights : `${weights}, ${computeType}`;
}

function modelJson(result: ModelResult) {
  const { latency, longAudio, wordErrors } = result;
  return {
    model: result.model,
    backend: result.backend,
    engine: result.engine,
    precision: result.precision,
    compute_type: result.computeType,
    device: result.device,
    workers: result.workers,
    threads_per_worker: result.threadsPerWorker,
    load_s: result.loadS,
    latency: latency && {
      clip_s: latency.clipS,
      requests: latency.requests,
      median_s: latency.medianS,
      worst_s: latency.worstS,
    },
    long_audio: longAudio && {
      audio_s: longAudio.audioS,
      requests: longAudio.requests,
      real_time_factor: longAudio.realTimeFactor,
    },
    throughput: result.throughput.map(({ clients, requests, audioPerS }) => ({
      clients,
      requests,
      audio_s_per_s: audioPerS,
    })),
    peak_memory_bytes: result.peakMemoryBytes,
    word_errors: wordErrors && { wrong: wordErrors.wrong, words: wordErrors.words },
    notes: result.notes,
  };
}

function milliseconds(seconds: number): string {
  return `${Math.round(seconds * 1000)} ms`;
}

/**
 * Returns a Markdown table. Pads the cells of each column to the same width, so that the table is also readable as
 * plain text.
 */
function markdown(heading: readonly string[], body: readonly (readonly string[])[], align = "---") {
  const cells = [heading, ...body].map((row) => row.map(cellText));
  const widths = heading.map((_, column) =>
    Math.max(align.length, ...cells.map((row) => Bun.stringWidth(row[column] ?? ""))),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell + " ".repeat(widths[column]! - Bun.stringWidth(cell))).join(" | ")} |`;
  const rule = widths.map((width, column) => {
    const isRight = column > 0 && align.endsWith(":");
    return isRight ? `${"-".repeat(width - 1)}:` : "-".repeat(width);
  });
  return [line(cells[0] ?? []), line(rule), ...cells.slice(1).map(line)].join("\n");
}

/** Escapes the characters that would end a cell. The name of a model can contain them, because it can be any path. */
function cellText(text: string): string {
  return shownPath(text).replaceAll("|", String.raw`\|`);
}
