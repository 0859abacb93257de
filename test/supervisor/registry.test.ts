/** Tests the loaded models: memory, lanes, load messages, lists, and shutdown. The test starts no real process. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AsrError } from "../../src/errors.ts";
import { protocolVersion } from "../../src/ipc/protocol.ts";
import { collect } from "../../src/jobs/collect.ts";
import type { Job, ResolvedModel, Transcriber } from "../../src/jobs/job.ts";
import { createLog } from "../../src/log.ts";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { type Config, loadConfig } from "../../src/settings/config.ts";
import { whisperFacts } from "../../src/models/backends/whisper.ts";
import { lanesThatFit } from "../../src/supervisor/lane-memory.ts";
import { createRegistry } from "../../src/supervisor/registry.ts";
import { plainOptions } from "../ipc/plain-job.ts";
import { ggmlHeader } from "../models/formats/whisper-files.ts";
import { FakeProcesses } from "./fake-processes.ts";
import { failureOf } from "./scripted-model.ts";

const smallBytes = 300e6;
const mediumBytes = 600e6;

let folder: string;
let processes: FakeProcesses;
const registries: Transcriber[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "open-asr-registry-"));
  // Sparse files that look like models. Only their header and their size are real.
  for (const [name, bytes] of [
    ["small", smallBytes],
    ["medium", mediumBytes],
  ] as const) {
    const path = join(folder, `ggml-${name}.bin`);
    writeFileSync(path, ggmlHeader(51_865));
    truncateSync(path, bytes);
  }
  processes = new FakeProcesses();
});
afterEach(async () => {
  await Promise.all(registries.splice(0).map((registry) => registry.close()));
  processes[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

function open(more: Partial<Config> = {}): Transcriber {
  const environment = {
    OPEN_ASR_SERVER_NULL_BACKEND: "1",
    OPEN_ASR_MODEL_DIR: folder,
    HF_HUB_CACHE: join(folder, "hub"),
    HF_HUB_OFFLINE: "1",
    OPEN_ASR_SERVER_CACHE_DIR: join(folder, "cache"),
  };
  const { OPEN_ASR_MODEL_DIR: modelDir, ...variables } = environment;
  const config = { ...loadConfig({}, variables), modelDir, ...more };
  const log = createLog({ logLevel: "error", logFormat: "text" }, () => {});
  const registry = createRegistry(config, log);
  registries.push(registry);
  return registry;
}

function jobFor(model: ResolvedModel, more: Partial<Job["options"]> = {}): Job {
  const options = { ...plainOptions, ...more };
  const { signal } = new AbortController();
  return { model, origin: "client", audioPath: "/audio", options, keepAliveS: null, signal };
}

async function transcribe(
  registry: Transcriber,
  name: string,
  more: Partial<Job> = {},
): Promise<void> {
  const job = { ...jobFor(await registry.resolve(name, "client")), ...more };
  await collect(registry.transcribe(job));
}

describe("memory:", () => {
  test("a model that can never fit is rejected before it is loaded", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes - 1 });
    expect(await failureOf(registry.resolve("small", "client"))).toMatchObject({
      code: "out_of_memory",
    });
    expect(await failureOf(registry.preload("small"))).toMatchObject({ code: "out_of_memory" });
    expect(processes.started).toEqual([]);
  });

  test("a model for which the remaining memory is not enough gets server_busy, and the loaded model still works", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes - 1 });
    await registry.preload("small");
    const failure = await failureOf(registry.resolve("medium", "client"));
    expect(failure).toMatchObject({ code: "server_busy", retryAfterS: 60 });
    expect(failure.message).toContain("the loaded models use 300 MB");
    await transcribe(registry, "small");
    expect(processes.started).toHaveLength(1);
  });

  test("two models that fit exactly are both loaded", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes });
    await registry.preload("small");
    await transcribe(registry, "medium");
    expect(processes.started).toHaveLength(2);
  });

  test("a runner counts with the memory that it reports", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes });
    await registry.preload("small");
    processes.started[0]!.say({ type: "memory", residentBytes: smallBytes + 1 });
    await Bun.sleep(0);
    expect(registry.runners()[0]).toMatchObject({ residentBytes: smallBytes + 1 });
    expect(await failureOf(registry.resolve("medium", "client"))).toMatchObject({
      code: "server_busy",
    });
  });
});

describe("a loaded model", () => {
  const loadedNames = (registry: Transcriber) => registry.loaded().map(({ model }) => model);

  test("is unloaded when it is idle and another model needs its memory", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes - 1 });
    await transcribe(registry, "small");
    await transcribe(registry, "medium");
    expect(loadedNames(registry)).toEqual(["medium"]);
    await transcribe(registry, "small");
    expect(loadedNames(registry)).toEqual(["small"]);
    expect(processes.started).toHaveLength(3);
  });

  test("is not unloaded when it is pinned; the other model is rejected", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes - 1 });
    await registry.preload("small");
    expect(await failureOf(registry.load("medium"))).toMatchObject({ code: "server_busy" });
    expect(registry.loaded()).toMatchObject([{ id: "whisper-cpp:small", pinned: true }]);
  });

  test("is unloaded on request, and loaded again by the next job", async () => {
    const registry = open();
    expect(await failureOf(registry.unload("small", { force: false }))).toMatchObject({
      code: "model_not_loaded",
    });
    await registry.load("small");
    expect(await registry.unload("small", { force: false })).toMatchObject({
      id: "whisper-cpp:small",
      uses: 0,
    });
    expect(registry.loaded()).toEqual([]);
    await transcribe(registry, "small");
    expect(loadedNames(registry)).toEqual(["small"]);
  });

  test("is unloaded with force only, when it is pinned", async () => {
    const registry = open();
    await registry.preload("small");
    expect(await failureOf(registry.unload("small", { force: false }))).toMatchObject({
      code: "model_in_use",
    });
    await registry.unload("small", { force: true });
    expect(registry.loaded()).toEqual([]);
  });

  test("is unloaded after the server's idle time", async () => {
    const registry = open({ idleS: 0.01, evictIntervalS: 0.02 });
    await transcribe(registry, "small");
    await unloaded(registry);
  });

  test("is unloaded when the time of its last job is over, before the next check of all models", async () => {
    const registry = open({ evictIntervalS: 3600 });
    await transcribe(registry, "small", { keepAliveS: 0 });
    await unloaded(registry);
    await transcribe(registry, "small", { keepAliveS: 3600 });
    await transcribe(registry, "small", { keepAliveS: 0.05 });
    await unloaded(registry);
    await transcribe(registry, "small", { keepAliveS: 0 });
    await transcribe(registry, "small");
    await Bun.sleep(100);
    expect(loadedNames(registry)).toEqual(["small"]);
  });

  test("is not kept for longer than the server's idle time", async () => {
    const registry = open({ idleS: 0.05, evictIntervalS: 3600 });
    await transcribe(registry, "small", { keepAliveS: 3600 });
    await unloaded(registry);
  });

  test("stays when it is pinned, whatever a job wants", async () => {
    const registry = open();
    await registry.preload("small");
    await transcribe(registry, "small", { keepAliveS: 0 });
    await Bun.sleep(100);
    expect(loadedNames(registry)).toEqual(["small"]);
  });

  test("is unloaded by the name in the list of loaded models, also when its files are gone", async () => {
    const registry = open();
    await registry.load("small");
    rmSync(join(folder, "ggml-small.bin"));
    await registry.unload("whisper-cpp:small", { force: false });
    expect(registry.loaded()).toEqual([]);
  });

  test("is loaded again when it is unloaded between a job and its first read", async () => {
    const registry = open();
    await registry.load("small");
    const events = registry.transcribe(jobFor(await registry.resolve("small", "client")));
    await registry.unload("small", { force: false });
    await collect(events);
    expect(processes.started).toHaveLength(2);
  });

  test("that is being unloaded does not refuse another one, which waits for its memory", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes - 1 });
    await registry.load("small");
    processes.exitMs = 200;
    const unloading = registry.unload("small", { force: false });
    const loading = registry.load("medium");
    await Bun.sleep(50);
    expect(processes.started).toHaveLength(1);
    await Promise.all([unloading, loading]);
    expect(loadedNames(registry)).toEqual(["medium"]);
  });

  test("counts its unloads by reason", async () => {
    const registry = open({ modelsMemoryBytesMax: smallBytes + mediumBytes - 1 });
    await transcribe(registry, "small");
    await transcribe(registry, "medium", { keepAliveS: 0 });
    await unloaded(registry);
    await registry.load("small");
    await registry.unload("small", { force: false });
    expect(registry.counts().unloads).toEqual({ idle: 1, memory: 1, request: 1 });
  });

  test("goes on loading when the operator leaves", async () => {
    const registry = open();
    const leaving = new AbortController();
    const loading = failureOf(registry.load("small", { signal: leaving.signal }));
    leaving.abort();
    expect(await loading).toMatchObject({ code: "client_closed_request" });
  });

  async function unloaded(registry: Transcriber): Promise<void> {
    for (let waits = 0; registry.loaded().length > 0 && waits < 500; waits++) await Bun.sleep(10);
    expect(registry.loaded()).toEqual([]);
  }
});

describe("lanes", () => {
  const lanesOf = async (more: Partial<Config>): Promise<number | undefined> => {
    await open(more).preload("small");
    return processes.loads().at(-1)?.lanes;
  };

  test("are as many as configured, whatever the memory", async () => {
    expect(await lanesOf({ lanes: 7, runnerMemoryBytesMax: 1e6 })).toBe(7);
  });

  test("are one per core by default, as far as the runner's memory limit allows", async () => {
    const most = await lanesOf({ lanes: 0 });
    expect(most).toBeWithin(1, physicalCores() + 1);
    expect(lanesThatFit(whisperFacts.memory, smallBytes, 600e6)).toBe(1);
    expect(await lanesOf({ lanes: 0, runnerMemoryBytesMax: 600e6 })).toBe(1);
  });
});

describe("a runner", () => {
  test("gets the settings in its load message, in the message's units", async () => {
    const registry = open({
      lanes: 3,
      threadsPerLane: 2,
      computeType: "int8",
      encoderWindow: "full",
      temperatureFallback: false,
      beamSize: 4,
      audioChannelsMax: 6,
      audioRateMin: 5000,
      audioRateMax: 96_000,
      audioSMax: 3600,
      audioSamplesMax: 1e9,
      decodeTimeoutS: 11,
      decodeBytesMax: 2e8,
    });
    await registry.preload("small");
    const [load] = processes.loads();
    expect(load).toMatchObject({
      type: "load",
      protocolVersion,
      engine: "whisper-cpp",
      model: { path: join(folder, "ggml-small.bin") },
      lanes: 3,
      threadsPerLane: 2,
      encoderWindow: "full",
      temperatureFallback: false,
      beamSize: 4,
      // The compute type is null, because whisper.cpp reads it from the model file.
      computeType: null,
      audioLimits: {
        channelsMax: 6,
        rateMin: 5000,
        rateMax: 96_000,
        durationSMax: 3600,
        samplesMax: 1e9,
        wallMsMax: 11_000,
        memoryBytesMax: 2e8,
      },
    });
    expect(load?.limitSettings.wallMsMax).toBe("OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS");
  });

  test("loads an embedded model by its embedded name, and a null model by its own name", async () => {
    const registry = open();
    await registry.preload("whisper-cpp:base");
    await registry.preload("null:echo");
    expect(processes.loads().map(({ engine, model }) => ({ engine, model }))).toEqual([
      { engine: "whisper-cpp", model: { embedded: "starter-model" } },
      { engine: "null", model: { path: "echo" } },
    ]);
  });

  test("is shared by all jobs of its model", async () => {
    const registry = open();
    await Promise.all(
      ["null:echo", "null:echo", "null:echo"].map((name) => transcribe(registry, name)),
    );
    expect(processes.started).toHaveLength(1);
    expect(processes.jobs()).toHaveLength(3);
    expect(registry.runners()).toMatchObject([
      { model: "null:echo", backend: "null", jobs: 0, restarts: 0, isRestarting: false },
    ]);
  });

  test("gets no job that its model cannot do", async () => {
    const registry = open();
    const model = await registry.resolve("small", "client");
    const job = jobFor(model, { language: "tlh" });
    expect(await failureOf(collect(registry.transcribe(job)))).toMatchObject({
      code: "unsupported_value",
      param: "language",
    });
    expect(processes.started).toEqual([]);
  });
});

test("model() returns the requested name, and the model that it selects", async () => {
  const registry = open({ preload: ["small"] });
  for (const name of ["small", "whisper-cpp:small", "Small"]) {
    expect(await registry.model(name)).toMatchObject({ id: name, selects: "small" });
  }
  expect(await registry.model("whisper-1")).toMatchObject({ id: "whisper-1" });
});

test("models() returns the time of each model's files", async () => {
  const listed = await open({ preload: ["small", "medium"] }).models();
  expect(listed.map(({ id }) => id).toSorted()).toEqual(
    expect.arrayContaining(["base", "medium", "small"]),
  );
  const { mtimeMs } = statSync(join(folder, "ggml-small.bin"));
  expect(listed.find(({ id }) => id === "small")?.created).toBe(Math.floor(mtimeMs / 1000));
  expect(listed.every(({ created }) => Number.isInteger(created) && created > 0)).toBe(true);
});

test("backends() returns the models of each backend and their capabilities", async () => {
  const backends = await open({ preload: ["small"] }).backends();
  const whisper = backends.find(({ id }) => id === "whisper-cpp");
  expect(whisper?.models).toEqual(expect.arrayContaining(["small", "tiny*"]));
  expect(backends.flatMap(({ models }) => models)).toContain("base");
  expect(whisper?.capabilities).toEqual(
    expect.arrayContaining(["detect_language", "prompt", "words", "languages"]),
  );
});

test("close() ends every runner, and later jobs fail with server_stopping", async () => {
  const registry = open();
  const model = await registry.resolve("null:echo", "client");
  await registry.preload("small");
  await registry.preload("null:echo");
  await registry.close();
  expect(registry.runners().map(({ pid }) => pid)).toEqual([null, null]);
  const failure: AsrError = await failureOf(collect(registry.transcribe(jobFor(model))));
  expect(failure.code).toBe("server_stopping");
  expect(processes.started).toHaveLength(2);
});
