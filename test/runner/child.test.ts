/** Tests a runner process over its real channel: its answers to each message, and the reasons for which it ends. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  channelClosedCode,
  type FromRunner,
  fromRunner,
  type LoadMessage,
  protocolVersion,
  type TranscribeMessage,
} from "../../src/ipc/protocol.ts";
import { Value } from "@sinclair/typebox/value";
import { physicalCores } from "../../src/platform/physical-cores.ts";
import { tone, wavOf } from "../e2e/wav.ts";
import { plainOptions } from "../ipc/plain-job.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-child-"));
const main = join(import.meta.dir, "../../src/main.ts");

const load: LoadMessage = {
  type: "load",
  protocolVersion,
  engine: "null",
  engineFile: null,
  gpuEngine: null,
  model: { path: "echo" },
  cacheFolders: [folder],
  gpu: false,
  computeType: null,
  lanes: 2,
  cpuLanes: null,
  threadsPerLane: 1,
  calibrate: false,
  temperatureFallback: true,
  encoderWindow: "auto",
  beamSize: 1,
  audioLimits: {
    channelsMax: 8,
    rateMin: 4000,
    rateMax: 192_000,
    durationSMax: 1000,
    samplesMax: 1e9,
    wallMsMax: 60_000,
    memoryBytesMax: 1e9,
  },
  limitSettings: {},
  ffmpeg: { absent: "never" },
};

/** Starts a runner process and stores the messages that it sends. */
class Child implements Disposable {
  readonly said: FromRunner[] = [];
  readonly process = Bun.spawn([process.execPath, main, "runner"], {
    serialization: "json",
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
    ipc: (message: unknown) => {
      if (!Value.Check(fromRunner, message))
        throw new Error(`Unexpected message ${JSON.stringify(message)}`);
      this.said.push(message);
    },
  });

  send(...messages: unknown[]): void {
    for (const message of messages) this.process.send(message);
  }

  /**
   * Waits until the process has sent a message of this type, and returns the first one. If `job` is given, the message
   * must also contain this job number.
   */
  async hear<T extends FromRunner["type"]>(type: T, job?: number) {
    type Heard = Extract<FromRunner, { type: T }>;
    const endMs = performance.now() + 60_000;
    const isMeant = (message: FromRunner): message is Heard =>
      message.type === type && (job === undefined || ("job" in message && message.job === job));
    for (;;) {
      const found = this.said.find(isMeant);
      if (found !== undefined) return found;
      if (performance.now() > endMs) throw new Error(`No message "${type}" within 60 s`);
      await Bun.sleep(5);
    }
  }

  /** Waits until the process has ended. Returns its exit code and its standard error output. */
  async end() {
    const stderr = await new Response(this.process.stderr).text();
    return { code: await this.process.exited, stderr };
  }

  [Symbol.dispose](): void {
    this.process.kill("SIGKILL");
  }
}

const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child[Symbol.dispose]();
});

function start(...messages: unknown[]): Child {
  const child = new Child();
  children.push(child);
  child.send(...messages);
  return child;
}

async function transcribe(job: number, prompt: string, durationS: number, more = {}) {
  const audioPath = join(folder, `${job}.wav`);
  writeFileSync(audioPath, await wavOf(durationS, tone).bytes());
  const options = { ...plainOptions, language: "en", prompt };
  return {
    type: "transcribe",
    job,
    audioPath,
    from: null,
    client: null,
    deadlineMs: null,
    options,
    ...more,
  } satisfies Partial<Record<keyof TranscribeMessage, unknown>>;
}

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

test.each([1, 2, 5])("a runner with %d lanes reports its chunks in flight", async (lanes) => {
  const child = start({ ...load, lanes });
  // The chunks in flight are one chunk in each lane, one chunk that waits, and one chunk that the decoder prepares.
  expect(await child.hear("ready")).toMatchObject({
    description: "null",
    chunksInFlight: lanes + 2,
  });
});

test("a GPU that does not work fails the load, or the model runs on the CPU with the lanes of the CPU", async () => {
  const gpu = { ...load, gpu: true, lanes: 1 };
  const strict = await start(gpu).hear("load-failed");
  expect(strict.failure.message).toContain("Cannot use a GPU");
  const lenient = start({ ...gpu, cpuLanes: 3 }, await transcribe(1, "say hi", 5));
  expect(await lenient.hear("ready")).toMatchObject({
    gpuFailure: expect.stringContaining("Cannot use a GPU"),
    chunksInFlight: 3 + 2,
  });
  await lenient.hear("done", 1);
  expect(await start(load).hear("ready")).toMatchObject({ gpuFailure: null });
});

test("an idle runner measures how many lanes it needs, if the server asks for it", async () => {
  const lanes = 4 * physicalCores();
  const child = start({ ...load, lanes, calibrate: true });
  const { rates, ...calibrated } = await child.hear("calibrated");
  expect(calibrated.lanes).toBeWithin(1, lanes + 1);
  expect(rates.map((rate) => rate.lanes)).toEqual([lanes, lanes / 2]);
  child.send(await transcribe(1, "say hi", 70));
  await child.hear("done", 1);
  expect(child.said.filter(({ type }) => type === "calibrated")).toHaveLength(1);
  expect(child.said.filter((message) => "job" in message && message.job !== 1)).toEqual([]);
});

test("a job sends its start, its chunks with checkpoints, and its end", async () => {
  const child = start(load, await transcribe(7, "say hi", 70));
  const done = await child.hear("done", 7);
  expect(done).toMatchObject({ language: "en", durationS: 70 });
  const told = child.said.filter((message) => "job" in message && message.type !== "progress");
  const types: readonly string[] = told.map(({ type }) => type);
  const chunks = child.said.filter((message) => message.type === "segments");
  expect(types).toEqual(["started", ...chunks.map(() => "segments"), "done"]);
  expect(chunks.length).toBeGreaterThan(2);
  expect(chunks.map(({ checkpoint }) => checkpoint.chunks)).toEqual(
    chunks.map((_chunk, index) => index + 1),
  );
  const progress = child.said.filter((message) => message.type === "progress");
  expect(progress.at(-1)).toMatchObject({ doneS: 70, totalS: 70 });
});

test("a job resumes after a checkpoint and repeats no chunk", async () => {
  const child = start(load, await transcribe(1, "say hi", 70));
  await child.hear("done", 1);
  const [first, ...rest] = child.said.filter((message) => message.type === "segments");
  child.send(await transcribe(2, "say hi", 70, { from: first!.checkpoint }));
  await child.hear("done", 2);
  const resumed = child.said.filter((message) => message.type === "segments" && message.job === 2);
  expect(resumed).toEqual(rest.map((message) => ({ ...message, job: 2 })));
});

test("a ping is answered while the model loads, while every lane works, and while the runner is idle", async () => {
  const child = start({ ...load, model: { path: "slow" } }, { type: "ping" });
  await child.hear("pong");
  expect(child.said.some(({ type }) => type === "ready")).toBe(false);
  await child.hear("ready");
  const pongs = () => child.said.filter(({ type }) => type === "pong").length;
  child.send(await transcribe(1, "hang", 100), { type: "ping" });
  await child.hear("started", 1);
  child.send({ type: "ping" }, { type: "ping" });
  const endMs = performance.now() + 30_000;
  while (pongs() < 4 && performance.now() < endMs) await Bun.sleep(5);
  expect(pongs()).toBe(4);
});

test("a cancelled job fails, whether it runs or waits for a lane; the next job runs", async () => {
  const child = start({ ...load, lanes: 1 });
  await child.hear("ready");
  child.send(await transcribe(1, "sleep 60000", 1));
  await child.hear("started", 1);
  child.send(await transcribe(2, "say two", 1), await transcribe(3, "say three", 1));
  child.send({ type: "cancel", job: 2 });
  expect(await child.hear("failed", 2)).toMatchObject({
    failure: { code: "client_closed_request" },
  });
  expect(child.said.some((message) => message.type === "started" && message.job === 2)).toBe(false);
  child.send({ type: "cancel", job: 1 }, { type: "cancel", job: 99 });
  expect(await child.hear("failed", 1)).toMatchObject({
    failure: { code: "client_closed_request" },
  });
  await child.hear("done", 3);
});

test("a job that arrives before the model is loaded runs after the load", async () => {
  const child = start({ ...load, model: { path: "slow" } }, await transcribe(1, "say hi", 1));
  await child.hear("done", 1);
  expect(child.said.find(({ type }) => type !== "memory")).toMatchObject({ type: "ready" });
});

test("a rejected model sends load-failed, and its jobs fail with the same error", async () => {
  const child = start({ ...load, model: { path: "bad" } }, await transcribe(1, "say hi", 1));
  const failure = { code: "model_load_failed", message: expect.stringContaining('"echo"') };
  expect(await child.hear("load-failed")).toMatchObject({ failure });
  expect(await child.hear("failed", 1)).toMatchObject({ failure });
});

test("a load message of another version gets load-failed, whatever its other fields are", async () => {
  const child = start({ type: "load", protocolVersion: protocolVersion + 1, what: "comes later" });
  expect(await child.hear("load-failed")).toMatchObject({
    failure: { code: "model_load_failed", message: expect.stringContaining("was replaced") },
  });
});

test.each([
  ["a message without a type", { hello: 1 }, "does not understand"],
  [
    "a message with a field of the wrong type",
    { type: "cancel", job: "one" },
    "does not understand",
  ],
  ["a message that is null", null, "does not understand"],
])("%s ends the process", async (_what, message, says) => {
  const { code, stderr } = await start(message).end();
  expect(code).toBe(70);
  expect(stderr).toContain(says);
});

test("a job before a load message ends the process", async () => {
  const { code, stderr } = await start(await transcribe(1, "say hi", 1)).end();
  expect(code).toBe(70);
  expect(stderr).toContain("a transcribe message before a load message");
});

test("a closed channel ends the process, even during a call of the engine", async () => {
  const child = start(load, await transcribe(1, "hang", 1));
  await child.hear("started", 1);
  child.process.disconnect();
  expect((await child.end()).code).toBe(channelClosedCode);
});

test("the runner reports its memory", async () => {
  const { residentBytes } = await start(load).hear("memory");
  expect(residentBytes).toBeGreaterThan(10_000_000);
});
