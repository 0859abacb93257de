/** Collects the metrics for Prometheus. No value of a label comes from a client. */
import Counter from "prom-client/lib/counter.js";
import Gauge from "prom-client/lib/gauge.js";
import Histogram from "prom-client/lib/histogram.js";
import Registry from "prom-client/lib/registry.js";
import type { Admission } from "./jobs/admission.ts";
import type { ErrorCode } from "./errors.ts";
import { modelSeconds } from "./ipc/work.ts";
import type { Transcriber } from "./jobs/job.ts";
import type { Rejoin } from "./jobs/rejoin.ts";
import { stageTimes } from "./jobs/stage-times.ts";
import { stages, type Ticket } from "./jobs/ticket.ts";
import type { Spool } from "./spool/spool.ts";

/** The objects from which the gauges read their values at each scrape. */
export interface MetricsSources {
  readonly admission: Admission;
  readonly spool: Pick<Spool, "bytes">;
  readonly transcriber: Pick<Transcriber, "runners" | "loaded" | "counts">;
  readonly rejoin: Pick<Rejoin, "counts">;
}

/** A request whose response has ended. */
export interface AnsweredRequest {
  readonly route: string;
  readonly status: number;
  readonly error?: ErrorCode;
}

/**
 * Upper limits of the histogram buckets, in seconds. The range is wide enough for a short clip on a fast machine and
 * for a long file on a slow machine.
 */
const secondsBuckets = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];

export class Metrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #requests: Counter<"route" | "status" | "error">;
  readonly #seconds: Histogram<"stage">;
  readonly #stageSeconds: Counter<"stage" | "model" | "backend">;
  readonly #audioSeconds: Counter<"model" | "backend">;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    this.contentType = this.#registry.contentType;
    this.#requests = new Counter({
      name: "open_asr_requests_total",
      help: "Requests answered; status 499 means that the client disconnected",
      labelNames: ["route", "status", "error"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "open_asr_transcription_seconds",
      help: "Duration of transcriptions by stage, including failed and cancelled transcriptions: upload, queue, decode (audio), engine (sum over lanes), total",
      labelNames: ["stage"],
      buckets: secondsBuckets,
      registers,
    });
    this.#stageSeconds = new Counter({
      name: "open_asr_stage_seconds_total",
      help: "Seconds of transcriptions by stage: upload, waiting, decode, vad, features, encoder, decoder, assembly. Several threads work at the same time, so the sum can exceed the duration",
      labelNames: ["stage", "model", "backend"],
      registers,
    });
    this.#audioSeconds = new Counter({
      name: "open_asr_audio_seconds_total",
      help: "Seconds of audio transcribed",
      labelNames: ["model", "backend"],
      registers,
    });
    addGauges(this.#registry, sources);
    addRunners(this.#registry, sources.transcriber);
    addModels(this.#registry, sources.transcriber);
    addRejoin(this.#registry, sources.rejoin);
  }

  countRequest({ route, status, error }: AnsweredRequest): void {
    this.#requests.inc({ route, status, error: error ?? "" });
  }

  /**
   * Counts a transcription that has ended. The transcription counts once, even if a retry has joined and several
   * requests have waited for the result.
   */
  countTranscription(ticket: Ticket): void {
    const { model, audioS } = ticket;
    if (model !== null && audioS !== null)
      this.#audioSeconds.inc({ model: model.id, backend: model.backend }, audioS);
    if (model !== null) {
      for (const [stage, seconds] of stageTimes(ticket))
        this.#stageSeconds.inc({ stage, model: model.id, backend: model.backend }, seconds);
    }
    const queue = ticket.secondsIn("waiting");
    const work = ticket.workDone;
    const seconds = {
      upload: ticket.secondsIn("uploading"),
      queue,
      decode: work?.decode ?? null,
      engine: work === null ? null : modelSeconds(work),
      // If a transcription was rejected before it reached the queue, the metric does not include this transcription,
      // because its short time would lower the average.
      total: queue === null ? null : ticket.totalS,
    };
    for (const [stage, value] of Object.entries(seconds))
      if (value !== null) this.#seconds.observe({ stage }, value);
  }

  /** Returns all metrics in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

// --- internal ---

function addGauges(registry: Registry, { admission, spool }: MetricsSources): void {
  const registers = [registry];
  void new Gauge({
    name: "open_asr_transcriptions",
    help: "Transcriptions in progress, by stage",
    labelNames: ["stage"],
    registers,
    collect() {
      for (const stage of stages) this.set({ stage }, admission.count(stage));
    },
  });
  void new Gauge({
    name: "open_asr_queue_seconds",
    help: "Estimated time until the first and the last of the queued transcriptions end, at the measured speed",
    labelNames: ["end"],
    registers,
    collect() {
      for (const [end, seconds] of Object.entries(admission.finishTimes))
        this.set({ end }, seconds);
    },
  });
  void new Gauge({
    name: "open_asr_realtime_factor",
    help: "Recent processing time per second of audio, over all lanes",
    registers,
    collect() {
      this.set(1 / admission.speed);
    },
  });
  void new Gauge({
    name: "open_asr_spool_bytes",
    help: "Disk space used by uploads",
    registers,
    collect() {
      this.set(spool.bytes);
    },
  });
  void new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory of the server process",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}

function addRunners(registry: Registry, transcriber: MetricsSources["transcriber"]): void {
  const registers = [registry];
  const labelNames = ["model", "backend"] as const;
  void new Counter({
    name: "open_asr_runner_restarts_total",
    help: "Runner processes restarted after a death, by model",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { model, backend, restarts } of transcriber.runners())
        this.inc({ model, backend }, restarts);
    },
  });
  void new Gauge({
    name: "open_asr_runner_memory_bytes",
    help: "Resident memory of a runner process, as last reported",
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { model, backend, residentBytes } of transcriber.runners())
        this.set({ model, backend }, residentBytes);
    },
  });
}

function addModels(registry: Registry, transcriber: MetricsSources["transcriber"]): void {
  const registers = [registry];
  void new Gauge({
    name: "open_asr_models_loaded",
    help: "Models in memory",
    registers,
    collect() {
      this.set(transcriber.loaded().length);
    },
  });
  void new Counter({
    name: "open_asr_model_unloads_total",
    help: "Models unloaded, by reason: idle, memory (room for another model), request (of the operator)",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(transcriber.counts().unloads))
        this.inc({ reason }, count);
    },
  });
  void new Counter({
    name: "open_asr_model_downloads_total",
    help: "Downloads of models that have ended, by result: done, failed",
    labelNames: ["result"],
    registers,
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(transcriber.counts().downloads))
        this.inc({ result }, count);
    },
  });
}

function addRejoin(registry: Registry, rejoin: MetricsSources["rejoin"]): void {
  void new Counter({
    name: "open_asr_abandoned_transcriptions_total",
    help: "Transcriptions that continued after their silent connection was cut, by end: joined (by a retry), expired, displaced (by another request), stopping",
    labelNames: ["end"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [end, count] of Object.entries(rejoin.counts)) this.inc({ end }, count);
    },
  });
}
