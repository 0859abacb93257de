/** Creates a server with a fake transcriber instead of a model. Tests call the server through `app.handle`. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Admission } from "../../src/jobs/admission.ts";
import { loadConfig } from "../../src/settings/config.ts";
import type { Flags } from "../../src/settings/read-setting.ts";
import { AsrError } from "../../src/errors.ts";
import type { Job, LoadedEntry, Transcriber } from "../../src/jobs/job.ts";
import { Lifecycle } from "../../src/jobs/lifecycle.ts";
import { Rejoin } from "../../src/jobs/rejoin.ts";
import { createLog } from "../../src/log.ts";
import { Metrics } from "../../src/metrics.ts";
import { createServer } from "../../src/http/server.ts";
import { Spool } from "../../src/spool/spool.ts";
import type { Transcript } from "../../src/transcript/transcript.ts";
import { modelCalled } from "../jobs/resolved-model.ts";

export interface TestAppOptions {
  /** Values of settings. Each key is the name of a flag. */
  readonly settings?: Flags;
  readonly apiKeys?: readonly string[];
  readonly adminKeys?: readonly string[];
  readonly uploadBytesMax?: number;
  readonly uploadIdleS?: number;
  readonly transcribe?: (job: Job) => Promise<Transcript>;
}

export const transcript: Transcript = {
  task: "transcribe",
  text: "And so, my fellow Americans",
  language: "en",
  durationS: 2.5,
  segments: [
    {
      id: 0,
      startS: 0.32,
      endS: 2.4,
      text: " And so, my fellow Americans",
      tokens: [400, 370, 11],
      temperature: 0,
      avgLogprob: -0.25,
      compressionRatio: 0.9,
      noSpeechProb: 0.01,
      seekS: 0,
    },
  ],
  words: [{ text: " And", startS: 0.32, endS: 0.5 }],
};

const models = [
  { id: "base", selects: "base", created: 1_700_000_000, backend: "whisper-cpp" },
  {
    id: "mlx-community/whisper-tiny",
    selects: "mlx-community/whisper-tiny",
    created: 1_700_000_001,
    backend: "mlx",
  },
  {
    id: "whisper-cpp:base",
    selects: "whisper-cpp:base",
    created: 1_700_000_002,
    backend: "whisper-cpp",
  },
];

export function openApp(options: TestAppOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-server-test-"));
  const config = {
    ...loadConfig(options.settings, {}),
    apiKeys: options.apiKeys ?? [],
    adminKeys: options.adminKeys ?? [],
    uploadBytesMax: options.uploadBytesMax ?? 1_000_000,
    uploadIdleS: options.uploadIdleS ?? 10,
  };
  const spool = Spool.open(folder, config);
  const jobs: (Job & { readonly audio: string })[] = [];
  const asked: (string | null)[] = [];
  const lines: string[] = [];
  const transcriber: Transcriber = {
    resolve(name) {
      asked.push(name);
      const words = 'There is no model "absent"';
      return name === "absent"
        ? Promise.reject(new AsrError("model_not_found", words, { param: "model" }))
        : Promise.resolve(modelCalled(name ?? "base"));
    },
    requireAliases: () => Promise.resolve(),
    lanes: () => new Map([["base", 2]]),
    async *transcribe(job) {
      jobs.push({ ...job, audio: readFileSync(job.audioPath, "latin1") });
      const made = (await options.transcribe?.(job)) ?? transcript;
      yield { type: "done", transcript: { ...made, task: job.options.task } };
    },
    preload: () => Promise.resolve(),
    load: (name) => Promise.resolve(loadedEntry(name ?? "base")),
    loaded: () => [loadedEntry("base")],
    unload: (name) => Promise.resolve(loadedEntry(name)),
    pull: (model) => Promise.resolve({ model, repository: null, bytes: 0 }),
    remove: (model) => Promise.resolve(model),
    counts: () => ({
      unloads: { idle: 0, memory: 0, request: 0 },
      downloads: { done: 0, failed: 0 },
    }),
    metadata: () => Promise.resolve([]),
    models: () => Promise.resolve(models),
    model(name) {
      const found = models.find(({ id }) => id === name);
      const words = `There is no model "${name}"`;
      return found === undefined
        ? Promise.reject(new AsrError("model_not_found", words, { param: "model" }))
        : Promise.resolve(found);
    },
    backends: () => Promise.resolve([]),
    runners: () => [],
    close: () => Promise.resolve(),
  };
  const lifecycle = new Lifecycle();
  const admission = new Admission({
    lanes: () => transcriber.lanes(),
    waitingMax: config.queueJobsMax,
    uploadsMax: config.uploadsMax,
  });
  const log = createLog({ ...config, logLevel: "debug" }, (line) => lines.push(line));
  const rejoin = new Rejoin({ ...config, admission, lifecycle, log });
  const server = createServer({
    transcriber,
    admission,
    spool,
    metrics: new Metrics({ admission, spool, transcriber, rejoin }),
    rejoin,
    config,
    lifecycle,
    log,
    version: "1.2.3",
    onLoopback: true,
  });
  const send = (path: string, init?: RequestInit) =>
    server.handle(new Request(`http://localhost${path}`, init));
  return {
    server,
    lifecycle,
    jobs,
    /** Model names that the server has asked the transcriber to resolve. */
    asked,
    log,
    /** Lines that the server has written to the log. */
    lines,
    send,
    /** Posts a form to the route for transcriptions. Adds a file unless the fields contain one. */
    post(fields: Readonly<Record<string, string | Blob>> | FormData = {}, init: RequestInit = {}) {
      const body = fields instanceof FormData ? fields : formOf({ file: audio(), ...fields });
      return send("/v1/audio/transcriptions", { method: "POST", body, ...init });
    },
    /** Returns the paths of the uploaded files that are on disk. */
    spooled: () =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
        /^\d+$/.test(basename(path)),
      ),
    [Symbol.dispose]() {
      spool[Symbol.dispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

export function audio(content = "RIFF audio"): File {
  return new File([content], "speech.wav", { type: "audio/wav" });
}

export function formOf(fields: Readonly<Record<string, string | Blob>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

export interface ErrorBody {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

export async function errorOf(response: Response): Promise<ErrorBody["error"]> {
  const { error } = (await response.json()) as ErrorBody;
  return error;
}

function loadedEntry(model: string): LoadedEntry {
  return {
    id: `whisper-cpp:${model}`,
    backend: "whisper-cpp",
    model,
    pinned: false,
    uses: 0,
    idleS: 1,
    memoryBytes: 1000,
  };
}
